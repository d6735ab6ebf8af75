"""Each map application gets its own datum, its own order of numbers, and a name that cannot break its address."""

from urllib.parse import parse_qs, urlsplit

import pytest

from web_map.handoff import Doors, UnknownHandoffModeError, handoff_links

# WGS-84, and the same door in GCJ-02 and BD-09 by the published vector of the datum tests.
LON, LAT = 120.3826, 36.0671
GCJ_LON, GCJ_LAT = 120.3877331, 36.0673762
BD_LON, BD_LAT = 120.3942131, 36.0734168
NAME = "香港中路217号,职工之家|A&B #1?"


def query(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def numbers(text):
    return pytest.approx([float(part) for part in text.split(",")], abs=2e-6)


def test_amap_takes_longitude_first_in_gcj02_and_a_name_without_commas():
    asked = query(handoff_links(LON, LAT, NAME)["amap"])
    lon, lat, name = asked["to"].split(",")
    assert numbers(f"{lon},{lat}") == [GCJ_LON, GCJ_LAT]
    assert name == NAME.replace(",", "，")
    assert asked["mode"] == "walk"


def test_amap_rides_where_a_rider_asks():
    links = handoff_links(LON, LAT, NAME, mode="ebike")
    assert query(links["amap"])["mode"] == "ride"
    asked = query(links["amap_ebike"])
    assert numbers(f"{asked['lon']},{asked['lat']}") == [GCJ_LON, GCJ_LAT]
    assert (asked["featureName"], asked["rideType"], asked["dev"]) == ("OnRideNavi", "elebike", "0")


def test_baidu_takes_latitude_first_in_bd09():
    links = handoff_links(LON, LAT, NAME, mode="ebike")
    pin = query(links["baidu"])
    assert numbers(pin["location"]) == [BD_LAT, BD_LON]
    assert (pin["coord_type"], pin["title"], pin["output"]) == ("bd09ll", NAME, "html")
    application = query(links["baidu_app"])
    name, place = application["destination"].split("|")
    assert name == "name:" + NAME.replace("|", " ")
    assert numbers(place.removeprefix("latlng:")) == [BD_LAT, BD_LON]
    assert application["mode"] == "riding"


@pytest.mark.parametrize(("mode", "number"), [("walk", "2"), ("ebike", "3")])
def test_amaps_applications_get_gcj02_and_how_one_moves(mode, number):
    links = handoff_links(LON, LAT, NAME, mode=mode)
    assert links["amap_android"].startswith("amapuri://route/plan/?")
    assert links["amap_ios"].startswith("iosamap://path?")
    for target in ("amap_android", "amap_ios"):
        asked = query(links[target])
        assert numbers(f"{asked['dlon']},{asked['dlat']}") == [GCJ_LON, GCJ_LAT]
        assert (asked["dev"], asked["t"], asked["dname"]) == ("0", number, NAME)


def test_baidus_application_has_another_name_on_android():
    links = handoff_links(LON, LAT, NAME)
    assert links["baidu_android"] == links["baidu_app"].replace("baidumap://", "bdapp://")
    assert links["baidu_app"].startswith("baidumap://map/direction?")


def test_wechat_gets_numbers_in_gcj02_latitude_first():
    assert numbers(handoff_links(LON, LAT, NAME)["wechat"]) == [GCJ_LAT, GCJ_LON]


def test_tencent_and_apple_take_latitude_first_in_gcj02():
    links = handoff_links(LON, LAT, NAME)
    tencent = query(links["tencent"])
    assert numbers(tencent["tocoord"]) == [GCJ_LAT, GCJ_LON]
    assert (tencent["coord_type"], tencent["type"], tencent["to"]) == ("2", "walk", NAME)
    assert numbers(query(links["apple"])["daddr"]) == [GCJ_LAT, GCJ_LON]


def test_the_geo_address_stays_in_wgs84():
    link = handoff_links(LON, LAT, "驿站")["geo"]
    assert link.startswith("geo:36.067100,120.382600?q=36.067100,120.382600(")


def test_no_link_holds_a_character_that_could_leave_its_place():
    for target, link in handoff_links(LON, LAT, "\"><script>'` \n" + NAME).items():
        assert not set(link) & set("\"<>'` \n"), target


def test_a_door_outside_china_is_not_shifted():
    assert query(handoff_links(-51.23, -30.03, "x")["amap"])["to"] == "-51.230000,-30.030000,x"


def test_doors_answer_by_position():
    doors = Doors.of([LON, 121.0], [LAT, 36.5], ["甲", "乙"])
    assert doors.links(0, mode="ebike") == handoff_links(LON, LAT, "甲", mode="ebike")
    assert query(doors.links(1)["baidu"])["title"] == "乙"


def test_an_unknown_mode_is_refused():
    with pytest.raises(UnknownHandoffModeError, match="car"):
        handoff_links(LON, LAT, NAME, mode="car")
