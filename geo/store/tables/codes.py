"""The codes a CHECK constraint admits, column by column."""

from __future__ import annotations

FACILITY_TYPE: tuple[str, ...] = (
    "union_station", "sanitation_station", "driver_home", "rider_station", "worker_home", "shared_worker_home",
    "grid_town", "grid_base", "mother_room", "childcare_station", "childcare_centre", "sanitation_apartment",
    "worker_apartment", "culture_palace", "health_check_centre", "startup_park", "partner_corner",
    "mobile_station", "public_toilet",
)  # fmt: skip
FACILITY_CLASS: tuple[str, ...] = ("basic", "benchmark", "smart24h")
AMENITY: tuple[str, ...] = (
    "water_hot", "water_cold", "microwave", "fridge", "meal_discount", "table", "seat", "recliner", "aircon",
    "heating", "fan", "toilet_inside", "toilet_near", "handwash", "shower", "laundry", "phone_charge",
    "powerbank", "ebike_charge", "battery_swap", "ev_charge", "tyre_pump", "repair_tools", "sewing", "umbrella",
    "raincoat", "locker", "tool_storage", "first_aid", "heat_medicine", "aed", "bp_meter", "tele_clinic",
    "emergency_button", "wifi", "books", "tv", "self_print", "notice_screen", "nursing", "milk_fridge",
    "diaper_table", "childcare_drop", "step_free", "ramp", "women_room", "smoke_room", "fire_ext", "cctv",
    "smoke_alarm",
)  # fmt: skip
AMENITY_STATE: tuple[str, ...] = ("available", "limited", "broken", "absent", "unknown")
SERVICE: tuple[str, ...] = (
    "legal_aid", "psych", "health_check", "join_union", "haircut", "training", "job_info", "mutual_aid_swap",
)  # fmt: skip
ENTRY_METHOD: tuple[str, ...] = (
    "open_door", "staff", "wechat_scan", "app_qr", "member_qr", "id_card", "face", "pin", "key", "call",
)  # fmt: skip
USER_GROUP: tuple[str, ...] = (
    "rider", "courier", "sanitation", "ride_hail", "taxi", "truck", "traffic_police", "municipal", "garden",
    "construction", "security", "designated_driver", "vendor", "women_nursing", "union_member", "anyone",
)  # fmt: skip
HOST_TYPE: tuple[str, ...] = (
    "union_built", "party_centre", "community", "government_hall", "bank", "telecom", "post_express", "fuel",
    "bus_station", "metro", "toilet", "sanitation_depot", "mall", "convenience_24h", "restaurant", "pharmacy",
    "estate_agent", "hospital", "library", "park", "construction_site", "ev_station", "container", "enterprise",
)  # fmt: skip
STATUS: tuple[str, ...] = ("planned", "active", "temporarily_closed", "suspended", "retired")
ATTENDED: tuple[str, ...] = ("staffed", "unstaffed", "mixed")
BIKE_PARKING: tuple[str, ...] = ("none", "kerb", "reserved")
DATUM: tuple[str, ...] = ("wgs84", "cgcs2000", "gcj02", "bd09")

# Words of the database alone: nobody types these into a register.
FIRST_USE: tuple[str, ...] = ("none", "register", "app")
COORD_METHOD: tuple[str, ...] = ("survey", "phone_gps", "geocode", "map_pick", "poi_match", "synthetic", "unknown")
HOLIDAY_POLICY: tuple[str, ...] = ("open", "closed", "weekday", "unknown")
EXCEPTION_KIND: tuple[str, ...] = ("holiday", "makeup_workday", "repair", "event", "keeper", "weather_extension")
AREA_LEVEL: tuple[str, ...] = ("district", "street")
ORG_LEVEL: tuple[str, ...] = ("national", "province", "city", "district", "street", "enterprise")
SOURCE_KIND: tuple[str, ...] = ("register", "osm", "census", "article", "survey", "report", "generator", "other")
BATCH_KIND: tuple[str, ...] = ("register", "declared", "streets", "areas", "demand")
BATCH_STATUS: tuple[str, ...] = ("applied", "undone")
SEVERITY: tuple[str, ...] = ("error", "warning")
CHANGE_ACTION: tuple[str, ...] = ("insert", "update", "delete")
CELL_STATE: tuple[str, ...] = ("covered", "partly", "outside", "off_network", "outside_area")
