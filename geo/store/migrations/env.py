"""Run the migrations on the connection that `geo.store.engine` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context
from geoalchemy2 import alembic_helpers

from geo.store.engine import comparison_options

context.configure(
    connection=context.config.attributes["connection"],
    process_revision_directives=alembic_helpers.writer,
    render_item=alembic_helpers.render_item,
    **comparison_options(),
)
context.run_migrations()
