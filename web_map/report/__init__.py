"""A planner's report as files: one page that opens from disk, a PDF, an Excel workbook, a GeoPackage, a picture."""
