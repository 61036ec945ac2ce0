"""texts.py - titles and texts of complaints, from the phrases of phrases.txt: our own words, no person, no real number.

A text is put together from sentences until it has the size that was drawn. Long ones grow by a chronology, as real long ones do.
"""

import pathlib

from . import facts

SPOTS = ("小区东门", "小区北门", "菜市场旁", "幼儿园门口", "小学后门", "公交站旁", "地铁口", "十字路口", "桥头", "河边步道", "老街口", "停车场出口",
         "卫生院对面", "农贸市场二楼", "三栋楼下", "七栋和八栋之间", "围墙外", "篮球场边", "巷子里", "商业街中段", "加油站旁", "老年活动室门口",
         "垃圾房旁边", "高架桥下", "铁路涵洞口", "广场西侧", "超市后面", "快递站门口")
TIMES = ("早上六点多", "早高峰", "上午", "中午休息的时候", "下午放学时", "晚高峰", "晚上八点以后", "晚上十一点以后", "凌晨一两点", "半夜", "周末",
         "节假日", "下雨天", "天天", "这几天")
OPENINGS = ("你好，", "您好，我想反映一个问题。", "工作人员您好：", "我是附近的住户。", "我住在这里十多年了，", "请帮忙反映一下：", "来电反映：", "市民来信：",
            "我代表楼里的邻居反映情况。", "我每天上下班都从这里过。", "不是第一次反映了。", "家里老人让我来反映。", "")
EFFECTS = {
    "A": ("夏天臭味更大，窗户都不敢开", "外地客人来了印象很不好", "孩子上学只能走到车道上", "环境越来越差，大家意见很大"),
    "B": ("老人孩子走这里都提心吊胆", "已经有人受伤，再不修要出大事", "晚上骑车根本看不清", "轮椅和婴儿车完全过不去"),
    "C": ("孩子睡不好，第二天上课没有精神", "家里老人头晕咳嗽去了医院", "衣服晾出去又要重洗", "周边几栋楼都受影响"),
    "D": ("上班经常迟到", "老人看病很不方便", "路口天天有人吵架", "再这样下去迟早出事故"),
    "E": ("一旦起火后果不堪设想", "下面就是孩子玩的地方", "住在这里的人天天担心", "安全无小事，希望重视"),
    "*": ("给生活带来很大的困扰", "一家人都为这件事着急", "来回跑了很多趟，请假也扣钱", "大家都在等一个说法", "心里很不踏实", "邻居们议论纷纷"),
}
ACTORS = ("物业", "社区", "街道的工作人员", "热线", "施工方", "店家", "公司的客服", "窗口", "网格员", "管理处")
ACTS = ("打了电话", "当面说过一次", "写了书面材料", "发了照片", "留了联系方式", "约好了时间", "又去问了一遍", "请邻居一起去说")
RESULTS = ("对方说马上来人，等到天黑也没有来", "对方说不归他们管", "登记以后没有下文", "来看了一眼就走了", "说要等上级批", "好了两天又和原来一样",
           "让我再等{n}天", "说人手不够", "态度还可以，就是不解决", "电话转来转去没有人接", "说已经转给别的部门", "当时答应得很好，后来不认")
DEMANDS = ("希望尽快派人来处理。", "请有关部门现场看一看。", "请给一个明确的答复和时间。", "希望彻底解决，不要只管几天。", "请依法查处并告知结果。", "盼回复。",
           "请告诉我应该找哪个部门。", "希望不要公开我的信息。")
CLOSINGS = ("谢谢！", "辛苦了。", "麻烦了。", "", "", "感谢！")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
ANSWERS = ("已到现场处理，问题已解决。", "接件后已联系来电人，现场核实属实，已责令整改，现已恢复正常。", "已安排人员清理和维修，并列入日常巡查。",
           "经核实，情况属实，已依法处理，并把结果告知来电人。", "已会同有关单位现场办理，来电人表示知晓。")
EXPLANATIONS = ("经核实，该事项需要按计划分期实施，已向来电人说明安排和时间。", "该情况属于民事纠纷，已组织调解并告知法律途径。",
                "经现场测量，未超过标准，已把数据告知来电人。")
STAGES = ("已现场核实，材料已订购，到货后立即施工。", "已列入本周施工计划，完工前先做临时防护。", "正在与相关单位会商方案，有结果即告知来电人。")
NOTES = ("来电人再次来电询问进展，已告知。", "来电人补充了现场照片。", "来电人更正了地点。", "已提醒承办单位注意时限。")

SENTENCES_MAX = 400  # lines of what was tried, in one text


class Texts:
    def __init__(self):
        self.phrases = {}
        path = pathlib.Path(__file__).with_name("phrases.txt")
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                matter, *parts = line.split("|")
                self.phrases[matter] = (parts[:2], parts[2:])

    def knows(self, matter):
        return matter in self.phrases

    @staticmethod
    def fill(rng, sentence, spot):
        while "{" in sentence:
            sentence = sentence.replace("{spot}", spot, 1)
            sentence = sentence.replace("{when}", rng.choice(TIMES), 1)
            sentence = sentence.replace("{n}多", f"{rng.randint(1, 4) * 10}多", 1)
            sentence = sentence.replace("{n}", str(rng.randint(3, 40)), 1)
            sentence = sentence.replace("{m}", str(rng.randint(2, 9)), 1)
        return sentence

    def title(self, rng, matter, place_name, spot):
        phrase = rng.choice(self.phrases[matter][0])
        form = rng.choice(("反映{p}{s}{t}", "关于{p}{s}{t}的问题", "{p}{s}{t}", "{p}{t}，请处理", "请解决{p}{s}{t}"))
        title = form.format(p=place_name, s=spot, t=phrase)
        return title if len(title.encode()) <= facts.TITLE_MAX else place_name + phrase

    def chronology(self, rng, day):
        """One line of what was tried on some day of the last two months, and that day."""
        before = day.fromordinal(day.toordinal() - rng.randint(1, 60))
        words = f"{rng.choice(TIMES[:10])}，我找{rng.choice(ACTORS)}{rng.choice(ACTS)}，{rng.choice(RESULTS)}。"
        return before, f"{before.month}月{before.day}日{words}"

    def body(self, rng, matter, place_name, spot, day, size):
        """About `size` bytes of UTF-8: what it is, what it does to people, what was tried, what is wanted."""
        sentences = list(self.phrases[matter][1])
        effects = list(EFFECTS.get(matter[0], ()) + EFFECTS["*"])
        rng.shuffle(sentences)
        rng.shuffle(effects)
        head = [sentences.pop() + "。"] if size < 200 else [rng.choice(OPENINGS), f"在{place_name}，", sentences.pop() + "。"]
        ending = rng.choice(DEMANDS) + rng.choice(CLOSINGS) if size >= 120 else ""
        tried, length = [], sum(len(part.encode()) for part in head) + len(ending.encode())
        while length < size and len(tried) < SENTENCES_MAX:
            draw = rng.random()
            if sentences and draw < 0.5:
                head.append(sentences.pop() + "。")
                length += len(head[-1].encode())
            elif effects and draw < 0.6:
                head.append(effects.pop() + "。")
                length += len(head[-1].encode())
            elif size < 300:
                break
            else:
                tried.append(self.chronology(rng, day))
                length += len(tried[-1][1].encode())
        tried.sort(key=lambda line: line[0])
        return self.fill(rng, "".join(head + [line for _, line in tried] + [ending]), spot)


def name(rng):
    return rng.choice(SURNAMES) + rng.choice(("女士", "先生"))


def phone(rng):
    """A number that reaches nobody."""
    return f"000-{rng.randint(0, 9999999):07d}"


def copied(rng, body):
    """The same text sent again, as people do: a word before or behind it."""
    return rng.choice(("再次反映：", "上次反映的还没解决。", "", "重新提交。")) + body + rng.choice(("", "急！", "请处理。", "盼复。"))


def loosely_copied(rng, body):
    """A neighbour's text with some sentences of one's own."""
    sentences = [part for part in body.split("。") if part]
    for _ in range(max(1, len(sentences) // 10)):
        sentences[rng.randrange(len(sentences))] = rng.choice(EFFECTS["*"])
    return "。".join(sentences) + "。"
