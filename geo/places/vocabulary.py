"""
The words of the register: every code the product knows, its Chinese and English name, and the words written for it.

The tables are data. The database checks its columns against `Table.codes`, the register reader finds codes by
`code_of`, the pages show `label`. A code is never renamed, because stored rows, links and other people's files carry
it; names and synonyms may grow.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from geo.errors import InputError

SEPARATORS = re.compile(r"[\s_\-·.,，。'’\"()（）\[\]【】]+")
"""What two spellings of the same word may differ in."""


class UnknownCodeError(InputError):
    """A code that its table does not hold."""

    def __init__(self, table: str, code: str) -> None:
        super().__init__(f"The table of {table} has no code '{code}'.")
        self.table = table
        self.code = code


@dataclass(frozen=True)
class Term:
    """One code with its two names, other words for it, and its group: the need it serves, what it is about."""

    code: str
    zh: str
    en: str
    synonyms: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True)
class Table:
    """One closed list of codes, in the order in which people should see them."""

    name: str
    terms: tuple[Term, ...]

    def __iter__(self) -> Iterator[Term]:
        return iter(self.terms)

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """All codes, in table order."""
        return tuple(term.code for term in self.terms)

    @cached_property
    def _by_code(self) -> dict[str, Term]:
        return {term.code: term for term in self.terms}

    @cached_property
    def by_word(self) -> dict[str, str]:
        """The code of every normal word."""
        # A code wins over a name and a name over a synonym, so the lowest rank is written last.
        words = {normal_word(synonym): term.code for term in self.terms for synonym in term.synonyms}
        words |= {normal_word(term.en): term.code for term in self.terms}
        words |= {normal_word(term.zh): term.code for term in self.terms}
        return words | {normal_word(term.code): term.code for term in self.terms}

    def term(self, code: str) -> Term:
        """Return the term of a code; raises UnknownCodeError."""
        try:
            return self._by_code[code]
        except KeyError:
            raise UnknownCodeError(self.name, code) from None

    def in_group(self, group: str) -> tuple[str, ...]:
        """All codes that serve one need, such as every amenity of `drink`."""
        return tuple(term.code for term in self.terms if term.group == group)


def normal_word(word: str) -> str:
    """A word without width, case, spaces and punctuation, so that two spellings compare equal."""
    return SEPARATORS.sub("", unicodedata.normalize("NFKC", word).casefold())


def code_of(table: Table, word: str) -> str | None:
    """The code that a word (a code, a name in either language, a synonym) stands for; None if unknown."""
    return table.by_word.get(normal_word(word))


def codes_of(table: Table, word: str) -> tuple[str, ...]:
    """The codes a word stands for, where one word may mean two things (桌椅 is a table and seats); empty if unknown."""
    code = code_of(table, word)
    if code is not None:
        return (code,)
    return COMPOUNDS.get(table.name, {}).get(normal_word(word), ())


def label(table: Table, code: str, lang: str = "zh") -> str:
    """The name of a code in `zh` or `en`; raises UnknownCodeError."""
    term = table.term(code)
    return term.en if lang == "en" else term.zh


FACILITY_TYPES = Table(
    "facility types",
    (
        Term(
            "union_station",
            "工会驿站",
            "Union station",
            (
                "工会爱心驿站",
                "户外劳动者驿站",
                "户外劳动者服务站点",
                "户外劳动者服务站",
                "户外劳动者爱心驿站",
                "工会户外劳动者服务站点",
                "工会户外劳动者驿站",
                "劳动者驿站",
                "爱心驿站",
                "智能驿站",
                "24小时智能化驿站",
                "智能化驿站",
                "工会小站",
                "驿站",
            ),
        ),
        Term(
            "sanitation_station",
            "环卫爱心驿站",
            "Sanitation station",
            ("环卫驿站", "环卫工人驿站", "环卫工人休息点", "环卫休息点", "环卫工人休息室", "环卫道班房"),
        ),
        Term("driver_home", "司机之家", "Drivers' home", ("卡车司机之家", "货车司机之家")),
        Term("rider_station", "骑手驿站", "Rider station", ("小哥驿站", "快递小哥驿站", "外卖骑手驿站", "暖蜂驿站")),
        Term("worker_home", "职工之家", "Workers' home", ("模范职工之家", "职工活动中心")),
        Term(
            "shared_worker_home",
            "新时代区域共享职工之家",
            "Shared workers' home",
            ("共享职工之家", "区域共享职工之家", "新时代共享职工之家"),
        ),
        Term("grid_town", "镇街网格工作站", "Town grid workstation", ("镇街工作站", "街道网格工作站", "镇网格工作站")),
        Term("grid_base", "基层网格工作站", "Base grid workstation", ("网格工作站", "社区网格工作站", "基层工作站")),
        Term("mother_room", "爱心妈妈小屋", "Mothers' room", ("妈妈小屋", "母婴室", "哺乳室")),
        Term("childcare_station", "爱心托管驿站", "Childcare station", ("爱心托管班", "托管驿站", "职工子女托管班")),
        Term("childcare_centre", "托育中心", "Childcare centre", ("职工子女托育中心", "工小贝", "工小贝托育中心")),
        Term("sanitation_apartment", "环卫公寓", "Sanitation workers' apartments", ("环卫工人公寓",)),
        Term("worker_apartment", "职工公寓", "Workers' apartments", ("惠工家", "惠工家职工公寓")),
        Term("culture_palace", "工人文化宫", "Workers' palace of culture", ("文化宫", "职工文化宫")),
        Term("health_check_centre", "体检中心", "Health-check centre", ("职工体检中心",)),
        Term("startup_park", "工友创业园", "Workers' start-up park", ("创业园",)),
        Term("partner_corner", "店内休息角", "Corner in a shop", ("休息角", "合作商户", "门店休息角")),
        Term("mobile_station", "流动驿站", "Mobile station", ("流动服务车", "移动驿站", "心桥流动网格驿站")),
        Term("public_toilet", "公厕", "Public toilet", ("公共厕所", "厕所", "卫生间", "环卫公厕")),
    ),
)

FACILITY_CLASSES = Table(
    "facility classes",
    (
        Term("basic", "基本型", "Basic", ("普通型", "基础型", "普通", "标准型")),
        Term("benchmark", "标杆型", "Benchmark", ("示范型", "示范", "精品型")),
        Term(
            "smart24h",
            "24小时智能化",
            "Smart, 24 hours",
            ("智能化", "24小时智能化驿站", "24小时智能型", "智能型", "24小时", "智慧型", "smart", "24h"),
        ),
    ),
)

NEEDS = Table(
    "needs",
    (
        Term("drink", "喝水", "Drink", ("饮水",)),
        Term("eat", "热饭", "Eat", ("吃饭", "用餐")),
        Term("rest", "休息", "Rest", ("歇脚", "避雨", "纳凉")),
        Term("toilet", "如厕", "Toilet and washing", ("厕所", "洗漱")),
        Term("power", "充电", "Power"),
        Term("tool", "工具", "Tools and rain gear", ("修车",)),
        Term("health", "健康", "Health", ("医药", "急救")),
        Term("info", "上网阅读", "Wi-Fi and reading", ("信息",)),
        Term("family", "母婴托管", "Family", ("母婴",)),
        Term("access", "无障碍", "Access"),
        Term("safe", "安全", "Safety"),
    ),
)

AMENITIES = Table(
    "amenities",
    (
        Term("water_hot", "热水", "Hot water", ("开水", "热饮水", "电热水器", "热水壶", "烧水壶", "保温桶"), "drink"),
        Term(
            "water_cold",
            "饮水",
            "Drinking water",
            ("饮用水", "饮水机", "直饮水", "喝水", "饮水设施", "纯净水", "矿泉水", "凉水", "水", "drink", "water"),
            "drink",
        ),
        Term("microwave", "微波炉", "Microwave", ("热饭", "加热饭菜", "微波加热", "饭菜加热"), "eat"),
        Term("fridge", "冰箱", "Fridge", ("冰柜", "电冰箱", "冷藏柜", "冷柜", "refrigerator"), "eat"),
        Term("meal_discount", "优惠餐", "Discounted meals", ("爱心餐", "优惠就餐", "爱心早餐", "免费早餐"), "eat"),
        Term("table", "桌", "Table", ("桌子", "餐桌", "茶几"), "eat"),
        Term("seat", "座椅", "Seats", ("椅", "椅子", "凳子", "沙发", "休息座椅", "座位", "休息", "seats"), "rest"),
        Term("recliner", "躺椅", "Recliner", ("折叠床", "午休床", "按摩椅", "休息床"), "rest"),
        Term("aircon", "空调", "Air conditioning", ("冷气", "制冷", "纳凉", "ac", "a/c"), "rest"),
        Term("heating", "取暖", "Heating", ("暖气", "取暖器", "取暖设备", "暖风机", "供暖"), "rest"),
        Term("fan", "风扇", "Fan", ("电风扇", "电扇"), "rest"),
        Term(
            "toilet_inside",
            "站内厕所",
            "Toilet inside",
            ("厕所", "卫生间", "洗手间", "站内卫生间", "如厕", "toilet", "wc"),
            "toilet",
        ),
        Term("toilet_near", "附近厕所", "Toilet nearby", ("附近公厕", "就近厕所", "公厕", "附近卫生间"), "toilet"),
        Term("handwash", "洗手", "Hand-washing", ("洗手池", "洗手台", "洗手盆", "洗手液", "洗漱台", "盥洗"), "toilet"),
        Term("shower", "淋浴", "Shower", ("淋浴间", "洗澡", "沐浴", "浴室"), "toilet"),
        Term("laundry", "洗衣", "Laundry", ("洗衣机", "烘干机", "洗衣房"), "toilet"),
        Term(
            "phone_charge",
            "手机充电",
            "Phone charging",
            (
                "充电",
                "充电器",
                "充电插座",
                "充电设施",
                "手机充电器",
                "充电线",
                "插座",
                "充电接口",
                "charging",
                "charge",
            ),
            "power",
        ),
        Term("powerbank", "充电宝", "Power bank", ("共享充电宝", "移动电源"), "power"),
        Term("ebike_charge", "电动车充电", "E-bike charging", ("电动自行车充电", "电瓶车充电", "充电桩"), "power"),
        Term("battery_swap", "换电柜", "Battery swap", ("换电", "换电站", "电池更换"), "power"),
        Term("ev_charge", "汽车充电", "Car charging", ("汽车充电桩", "新能源汽车充电", "电动汽车充电"), "power"),
        Term("tyre_pump", "打气筒", "Tyre pump", ("充气泵", "打气", "打气泵", "充气", "气筒"), "tool"),
        Term(
            "repair_tools", "修车工具", "Repair tools", ("维修工具", "工具箱", "修理工具", "修车", "五金工具"), "tool"
        ),
        Term("sewing", "针线包", "Sewing kit", ("针线", "针线盒"), "tool"),
        Term("umbrella", "雨伞", "Umbrella", ("爱心雨伞", "共享雨伞", "雨具", "伞", "爱心伞"), "tool"),
        Term("raincoat", "雨衣", "Raincoat", ("雨披",), "tool"),
        Term("locker", "储物柜", "Lockers", ("存储柜", "寄存柜", "储物", "置物柜", "更衣柜", "物品寄存"), "tool"),
        Term("tool_storage", "环卫工具存放", "Tool storage", ("工具存放", "工具间", "工具房"), "tool"),
        Term(
            "first_aid",
            "应急药箱",
            "First-aid box",
            ("药箱", "医药箱", "急救箱", "应急药品", "急救包", "常用药品", "药品", "急救药箱", "应急药", "便民药箱"),
            "health",
        ),
        Term("heat_medicine", "防暑药品", "Heat-stroke medicine", ("防暑降温药品", "藿香正气水", "防暑用品"), "health"),
        Term("aed", "除颤仪", "AED", ("自动体外除颤器", "自动体外除颤仪", "aed除颤仪"), "health"),
        Term("bp_meter", "血压仪", "Blood-pressure meter", ("血压计", "测血压", "量血压"), "health"),
        Term("tele_clinic", "远程诊疗", "Tele-clinic", ("远程问诊", "在线问诊", "远程医疗"), "health"),
        Term("emergency_button", "报警求助", "Emergency button", ("一键报警", "紧急呼叫", "报警器", "sos"), "health"),
        Term("wifi", "Wi-Fi", "Wi-Fi", ("无线网络", "无线网", "免费wifi", "无线上网", "网络", "wlan"), "info"),
        Term("books", "书报", "Books and papers", ("图书", "书籍", "报刊", "书刊", "阅读", "图书角", "书架"), "info"),
        Term("tv", "电视", "Television", ("电视机",), "info"),
        Term("self_print", "打印", "Printing", ("自助打印", "打印机", "复印"), "info"),
        Term("notice_screen", "导览屏", "Information screen", ("电子屏", "信息屏", "显示屏", "触摸屏"), "info"),
        Term("nursing", "哺乳", "Nursing", ("哺乳室", "母婴室", "哺乳间", "母婴设施"), "family"),
        Term("milk_fridge", "储奶冰箱", "Milk fridge", ("母乳冰箱", "储奶柜"), "family"),
        Term("diaper_table", "尿布台", "Diaper table", ("婴儿护理台", "换尿布台"), "family"),
        Term("childcare_drop", "托管", "Childcare", ("儿童托管", "临时托管", "托育"), "family"),
        Term("step_free", "无台阶", "Step-free", ("平进平出", "无障碍", "无障碍通道"), "access"),
        Term("ramp", "坡道", "Ramp", ("无障碍坡道", "轮椅坡道"), "access"),
        Term("women_room", "女性专用间", "Women's room", ("女休息室", "女性休息室", "女更衣室"), "access"),
        Term("smoke_room", "吸烟室", "Smoking room", ("吸烟区", "抽烟区"), "access"),
        Term("fire_ext", "灭火器", "Fire extinguisher", ("消防器材", "消防设施"), "safe"),
        Term("cctv", "监控", "CCTV", ("视频监控", "摄像头", "监控设备"), "safe"),
        Term("smoke_alarm", "烟雾报警器", "Smoke alarm", ("烟感", "烟感报警器"), "safe"),
    ),
)

AMENITY_STATES = Table(
    "amenity states",
    (
        Term("available", "有", "Available", ("可用", "正常", "是", "yes", "√", "✓", "1", "true")),
        Term("limited", "有限", "Limited", ("部分", "限时", "限量")),
        Term("broken", "故障", "Broken", ("损坏", "维修", "维修中")),
        Term("absent", "无", "None", ("没有", "否", "no", "×", "0", "false")),
        Term("unknown", "未核实", "Not checked", ("未知", "不详", "待核实")),
    ),
)

SERVICES = Table(
    "services",
    (
        Term("legal_aid", "法律援助", "Legal aid", ("法律咨询", "法律服务", "维权服务", "维权")),
        Term("psych", "心理辅导", "Counselling", ("心理咨询", "心理疏导", "心理服务")),
        Term("health_check", "健康体检", "Health check", ("体检", "免费体检", "健康服务", "义诊")),
        Term("join_union", "扫码入会", "Join the union", ("入会", "工会入会", "入会服务")),
        Term("haircut", "理发", "Haircut", ("爱心理发", "义剪")),
        Term("training", "培训", "Training", ("技能培训", "职业培训")),
        Term("job_info", "就业", "Job information", ("就业服务", "就业信息", "招聘信息", "就业指导")),
        Term("mutual_aid_swap", "爱心互献", "Give and take shelf", ("爱心互助", "互助")),
    ),
)

ENTRY_METHODS = Table(
    "entry methods",
    (
        Term(
            "open_door",
            "直接进入",
            "Open door",
            ("自由进入", "开放", "敞开", "开门即入", "免费进入", "无需验证", "直接进"),
        ),
        Term("staff", "工作人员开门", "Staff let you in", ("工作人员", "有人值守", "值守人员", "前台", "人工")),
        Term(
            "wechat_scan", "微信扫码", "WeChat scan", ("扫码", "微信", "扫码进入", "扫码开门", "二维码", "微信小程序")
        ),
        Term(
            "app_qr", "齐鲁工惠扫码", "Qilu Gonghui app code", ("齐鲁工惠", "app扫码", "app", "工会app", "齐鲁工惠app")
        ),
        Term("member_qr", "会员码", "Member code", ("会员卡", "工会会员卡", "会员二维码", "工会卡")),
        Term("id_card", "身份证", "ID card", ("刷身份证", "身份证刷卡", "身份证识别")),
        Term("face", "刷脸", "Face", ("人脸识别", "人脸", "刷脸进入", "面部识别")),
        Term("pin", "密码", "Door code", ("密码锁", "输入密码", "密码开门")),
        Term("key", "钥匙", "Key", ("取钥匙", "领钥匙")),
        Term("call", "电话联系", "Phone call", ("电话", "打电话", "联系管理员", "电话开门", "远程开门")),
    ),
)

USER_GROUPS = Table(
    "user groups",
    (
        Term(
            "rider", "外卖骑手", "Delivery riders", ("骑手", "外卖员", "外卖配送员", "外卖小哥", "网约配送员", "送餐员")
        ),
        Term("courier", "快递员", "Couriers", ("快递小哥", "快递", "投递员")),
        Term("sanitation", "环卫工人", "Sanitation workers", ("环卫", "环卫工", "保洁员")),
        Term("ride_hail", "网约车司机", "Ride-hailing drivers", ("网约车", "网约车驾驶员")),
        Term("taxi", "出租车司机", "Taxi drivers", ("出租车", "的哥", "出租车驾驶员")),
        Term("truck", "货车司机", "Truck drivers", ("卡车司机", "货运司机", "货车驾驶员")),
        Term("traffic_police", "交警", "Traffic police", ("交通警察", "交通协管员", "辅警", "协管员")),
        Term("municipal", "市政工人", "Municipal workers", ("市政", "市政养护工", "供电工人")),
        Term("garden", "园林工人", "Gardeners", ("园林", "绿化工人", "园林绿化工人")),
        Term("construction", "建筑工人", "Construction workers", ("建筑", "农民工", "建筑工")),
        Term("security", "保安", "Security guards", ("保安员", "安保人员")),
        Term("designated_driver", "代驾", "Designated drivers", ("代驾司机", "代驾员")),
        Term("vendor", "商贩", "Vendors", ("摊贩", "小贩")),
        Term("women_nursing", "哺乳期女职工", "Nursing mothers", ("哺乳期妇女", "女职工", "孕期哺乳期女职工")),
        Term("union_member", "工会会员", "Union members", ("会员", "职工", "企业职工")),
        Term(
            "anyone",
            "所有人",
            "Anyone",
            ("不限", "公众", "市民", "全体", "户外劳动者", "全体户外劳动者", "社会公众", "群众", "路人"),
        ),
    ),
)

HOST_TYPES = Table(
    "host types",
    (
        Term("union_built", "工会自建", "Built by the union", ("自建", "工会独立建设")),
        Term("party_centre", "党群服务中心", "Party service centre", ("党群", "党建阵地", "新时代文明实践站")),
        Term("community", "社区", "Community", ("社区服务中心", "居委会", "村委会", "社区中心")),
        Term("government_hall", "政务大厅", "Government hall", ("政务服务中心", "办事大厅", "机关")),
        Term("bank", "银行", "Bank", ("银行网点", "劳动者港湾")),
        Term("telecom", "通信营业厅", "Telecom shop", ("营业厅", "移动营业厅", "联通营业厅", "电信营业厅")),
        Term("post_express", "邮政快递", "Post and express", ("邮政", "快递网点", "邮政支局", "快递站点", "邮局")),
        Term("fuel", "加油站", "Filling station", ("加气站", "加能站")),
        Term("bus_station", "公交场站", "Bus station", ("公交站", "公交首末站", "汽车站", "客运站")),
        Term("metro", "地铁站", "Metro station", ("地铁",)),
        Term("toilet", "公厕", "Public toilet", ("公共厕所", "厕所")),
        Term("sanitation_depot", "环卫场站", "Sanitation depot", ("环卫站", "垃圾转运站", "环卫道班")),
        Term("mall", "商场", "Mall", ("商超", "超市", "购物中心", "商业综合体")),
        Term("convenience_24h", "24小时便利店", "24-hour shop", ("便利店",)),
        Term("restaurant", "餐饮店", "Restaurant", ("餐厅", "饭店", "快餐店", "餐馆")),
        Term("pharmacy", "药店", "Pharmacy", ("药房", "大药房")),
        Term("estate_agent", "房产门店", "Estate agent", ("房产中介", "中介门店")),
        Term("hospital", "医院", "Hospital", ("卫生院", "卫生服务中心", "诊所")),
        Term("library", "图书馆", "Library", ("书店", "城市书房")),
        Term("park", "公园", "Park", ("景区", "广场", "游园")),
        Term("construction_site", "工地", "Construction site", ("建筑工地", "项目部")),
        Term("ev_station", "充电站", "Charging station", ("充换电站",)),
        Term("container", "集装箱", "Container", ("移动板房", "岗亭")),
        Term("enterprise", "企业", "Enterprise", ("公司", "企事业单位", "园区", "楼宇")),
    ),
)

STATUSES = Table(
    "statuses",
    (
        Term("planned", "规划中", "Planned", ("拟建", "在建", "筹建", "建设中")),
        Term(
            "active",
            "正常开放",
            "Active",
            ("正常", "开放", "启用", "运营", "运营中", "使用中", "已建成", "在用", "open"),
        ),
        Term("temporarily_closed", "临时关闭", "Temporarily closed", ("暂停开放", "暂时关闭", "维修中", "装修中")),
        Term("suspended", "停用", "Suspended", ("暂停", "停运", "暂停使用", "关闭", "closed")),
        Term("retired", "撤销", "Retired", ("已撤销", "取消", "拆除", "注销", "已拆除", "撤站", "退出")),
    ),
)

ATTENDED = Table(
    "attendance",
    (
        Term("staffed", "有人值守", "Staffed", ("专人值守", "有人", "是")),
        Term("unstaffed", "无人值守", "Unstaffed", ("无人", "自助", "否")),
        Term("mixed", "部分时段有人", "Partly staffed", ("混合", "分时值守")),
    ),
)

BIKE_PARKING = Table(
    "bicycle parking",
    (
        Term("none", "无停车处", "None", ("无", "没有", "否")),
        Term("kerb", "路边停放", "At the kerb", ("路边", "有", "门口", "是")),
        Term("reserved", "专用停放区", "Reserved", ("专用", "专用车位", "非机动车停放区")),
    ),
)

FIRST_USE_NEEDS = Table(
    "needs of a first visit",
    (
        Term("none", "无需登记", "No registration", ("无", "不需要", "免登记")),
        Term("register", "需登记", "Registration", ("登记", "注册", "实名登记")),
        Term("app", "需下载App", "An app", ("下载app", "app", "需要app")),
    ),
)

NETWORKS = Table(
    "networks",
    (
        Term("union_station", "工会驿站", "Union stations", ("工会爱心驿站",)),
        Term("sanitation", "环卫爱心驿站", "Sanitation stations", ("环卫驿站",)),
        Term(
            "outdoor_worker",
            "户外劳动者服务站点",
            "Outdoor workers' service points",
            ("户外劳动者驿站", "工会户外劳动者服务站点", "户外劳动者服务站"),
        ),
        Term("worker_harbour", "劳动者港湾", "Workers' harbours", ("建行劳动者港湾",)),
        Term("driver_home", "司机之家", "Drivers' homes"),
        Term("rider_station", "骑手驿站", "Rider stations", ("小哥驿站", "暖蜂驿站")),
        Term("worker_home", "职工之家", "Workers' homes", ("共享职工之家", "新时代区域共享职工之家")),
        Term("grid", "工会网格工作站", "Union grid workstations", ("网格工作站",)),
        Term("mother_room", "爱心妈妈小屋", "Mothers' rooms", ("妈妈小屋",)),
        Term("childcare", "爱心托管驿站", "Childcare stations", ("托管驿站",)),
        Term("public_toilet", "公共厕所", "Public toilets", ("公厕",)),
    ),
)

DATUMS = Table(
    "datums",
    (
        Term(
            "wgs84",
            "WGS-84",
            "WGS-84",
            ("wgs1984", "gps", "gps坐标", "地球坐标", "epsg:4326", "4326", "世界大地坐标系", "wgs84坐标系"),
        ),
        Term(
            "cgcs2000",
            "CGCS2000",
            "CGCS2000",
            (
                "国家2000",
                "2000国家大地坐标系",
                "大地2000",
                "天地图",
                "epsg:4490",
                "4490",
                "cgcs2000坐标系",
                "2000坐标系",
            ),
        ),
        Term(
            "gcj02",
            "GCJ-02",
            "GCJ-02",
            (
                "火星坐标",
                "火星坐标系",
                "高德",
                "高德坐标",
                "高德地图",
                "腾讯",
                "腾讯坐标",
                "腾讯地图",
                "国测局",
                "国测局坐标",
                "gcj02坐标系",
                "amap",
                "gcj",
            ),
        ),
        Term(
            "bd09",
            "BD-09",
            "BD-09",
            ("百度", "百度坐标", "百度地图", "百度坐标系", "bd09ll", "bd", "baidu", "bd09坐标系"),
        ),
    ),
)

COORD_METHODS = Table(
    "ways a position was found",
    (
        Term("survey", "实测", "Survey", ("测绘", "测量")),
        Term("phone_gps", "手机定位", "Phone GPS", ("手机gps", "手机")),
        Term("geocode", "地址解析", "Geocoded address", ("地理编码",)),
        Term("map_pick", "地图选点", "Picked on a map", ("地图标注", "拾取坐标")),
        Term("poi_match", "POI匹配", "Matched to a map point", ("poi",)),
        Term("synthetic", "演示数据", "Synthetic", ("模拟", "合成")),
    ),
)

SEASONS = Table(
    "seasons",
    (
        Term("summer", "夏季", "Summer", ("夏令时", "夏天", "夏令")),
        Term("winter", "冬季", "Winter", ("冬令时", "冬天", "冬令")),
        Term("spring", "春季", "Spring", ("春天",)),
        Term("autumn", "秋季", "Autumn", ("秋天",)),
    ),
)

HOLIDAY_POLICIES = Table(
    "holiday policies",
    (
        Term("open", "节假日照常", "Open as usual on holidays", ("节假日开放",)),
        Term("closed", "节假日休息", "Closed on holidays", ("节假日不开放",)),
        Term("weekday", "节假日按工作日", "Weekday hours on holidays"),
        Term("unknown", "节假日不详", "Holidays not stated"),
    ),
)

EXCEPTION_KINDS = Table(
    "kinds of exception",
    (
        Term("holiday", "节假日", "Holiday"),
        Term("makeup_workday", "调休上班", "Make-up workday"),
        Term("repair", "维修", "Repair"),
        Term("event", "活动", "Event"),
        Term("keeper", "站长调整", "Changed by the keeper"),
        Term("weather_extension", "天气延时", "Longer because of the weather"),
    ),
)

ORG_LEVELS = Table(
    "levels of organisation",
    (
        Term("national", "全国", "National"),
        Term("province", "省级", "Province"),
        Term("city", "市级", "City"),
        Term("district", "区市级", "District"),
        Term("street", "镇街级", "Town or street"),
        Term("enterprise", "企业级", "Enterprise"),
    ),
)

REPORT_KINDS = Table(
    "kinds of report",
    (
        Term("good_confirm", "情况属实", "As described", group="confirms"),
        Term("locked_in_hours", "开放时间锁着门", "Locked in posted hours", group="door"),
        Term("no_answer", "没人应答", "Nobody answers", group="door"),
        Term("entry_refused", "不让进", "Not let in", group="door"),
        Term("app_barrier", "要下载App才能进", "An app is demanded", group="door"),
        Term("hours_wrong", "开放时间不对", "Posted hours are wrong", group="door"),
        Term("moved", "搬走了", "Moved", group="place"),
        Term("gone", "已经没有了", "No longer there", group="place"),
        Term("wrong_place", "位置不对", "Wrong place on the map", group="place"),
        Term("name_wrong", "名称不对", "Wrong name", group="place"),
        Term("amenity_broken", "设施坏了", "Something is broken", group="amenity"),
        Term("supplies_out", "物资用完", "Supplies are out", group="passing"),
        Term("full", "坐满了", "Full", group="passing"),
        Term("dirty", "不干净", "Dirty", group="passing"),
        Term("no_parking", "没处停车", "Nowhere to park", group="passing"),
        Term("upstairs_hard", "上楼不便", "Hard to get upstairs", group="passing"),
    ),
)
"""What a rider can say of a station. The group is what the report is about: `geo/places/doubt.py` counts by it."""

WISH_HOURS = Table(
    "hours of a wish",
    (
        Term("early", "清晨（5–8点）", "Early (5–8)"),
        Term("noon", "中午（11–14点）", "Noon (11–14)"),
        Term("evening", "晚上（18–22点）", "Evening (18–22)"),
        Term("night", "深夜（22–5点）", "Night (22–5)"),
    ),
)
"""When a rider wants a station to be open; none named means that the hour does not matter."""

WISH_STATES = Table(
    "states of a wish",
    (
        Term("new", "待审核", "New"),
        Term("accepted", "已采纳", "Accepted"),
        Term("declined", "未采纳", "Declined"),
        Term("built", "已建成", "Built"),
    ),
)
"""What operators made of a place where a station is wanted."""

SEVERITIES = Table("severities", (Term("error", "错误", "Error"), Term("warning", "提醒", "Warning")))

COMPOUNDS: dict[str, dict[str, tuple[str, ...]]] = {
    AMENITIES.name: {
        "桌椅": ("table", "seat"),
        "桌子椅子": ("table", "seat"),
        "休息桌椅": ("table", "seat"),
        "餐桌椅": ("table", "seat"),
        "桌椅板凳": ("table", "seat"),
        "冷热水": ("water_hot", "water_cold"),
        "冷热饮水机": ("water_hot", "water_cold"),
        "冷暖空调": ("aircon", "heating"),
        "冷暖设施": ("aircon", "heating"),
        "雨具雨伞": ("umbrella", "raincoat"),
        "雨伞雨衣": ("umbrella", "raincoat"),
    },
}
"""Words that name two things at once; keys are normal words."""
