"""The paper's corpus construction for English tweets, plainly: one process, the standard library, everything in memory.

    python3 reference.py ARCHIVE OUT

Reads every .jsonl file of a folder by name and writes OUT/train.jsonl (2017 and 2018) and OUT/test.jsonl (2019).
Written from the description of the steps, independently of the Rust code, to compare pairs and times with
`repartee corpus build ARCHIVE --train 2017,2018 --test 2019`. No dev split and no limit on test contexts: what is drawn
by a hash is left out of the comparison. What was changed and dropped on the way is counted, with the first examples of
each, in OUT/report.json.
"""

import calendar
import json
import os
import re
import sys
import unicodedata
from collections import Counter, defaultdict

MAX_DEPTH = 5
MIN_TEST_REPLIES = 3
TRAIN_YEARS, TEST_YEARS = {2017, 2018}, {2019}
MONTHS = {name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}

GAP = r"[\s\x00-\x1f\x7f-\x9f]"
LEADING_MENTIONS = re.compile(rf"{GAP}*(?:[@＠][A-Za-z0-9_]+(?:@[A-Za-z0-9.\-]+)?{GAP}*)+")
LAST_WORD = re.compile(rf"(?:^|{GAP})([#＃][^\s\x00-\x1f\x7f-\x9f]*){GAP}*$")
GAPS = re.compile(rf"{GAP}+")
EMOJI = re.compile(
    "[\u200d\u20e3\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6"
    "\u25c0\u25fb-\u25fe\u2600-\u2604\u260e\u2611\u2614\u2615\u2618\u261d\u2620\u2622\u2623\u2626\u262a\u262e\u262f"
    "\u2638-\u263a\u2640\u2642\u2648-\u2653\u265f\u2660\u2663\u2665\u2666\u2668\u267b\u267e\u267f\u2692-\u2697\u2699"
    "\u269b\u269c\u26a0\u26a1\u26a7\u26aa\u26ab\u26b0\u26b1\u26bd\u26be\u26c4\u26c5\u26c8\u26ce\u26cf\u26d1\u26d3"
    "\u26d4\u26e9\u26ea\u26f0-\u26f5\u26f7-\u26fa\u26fd\u2702\u2705\u2708-\u270d\u270f\u2712\u2714\u2716\u271d\u2721"
    "\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757\u2763\u2764\u2795-\u2797\u27a1\u27b0\u27bf\u2934"
    "\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3297\u3299\ufe0f\U0001f000-\U0001faff\U000e0020-\U000e007f]"
)
SPECIAL = re.compile("[@{}#]")
BOT = re.compile(r"(?<![A-Za-z0-9])bot(?![A-Za-z0-9])", re.IGNORECASE)

MAIL = re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9.\-]*[A-Za-z0-9]\.[A-Za-z0-9\-]*[A-Za-z0-9]{2,}")
USER = re.compile(r"[@＠][A-Za-z0-9_]+(?:@[A-Za-z0-9.\-]+)?")
REDDIT_USER = re.compile(r"(?<![A-Za-z0-9/._\-])/?u/[A-Za-z0-9_\-]{3,}")
NUMBER = re.compile(r"(?<![A-Za-z0-9])[+(0-9](?:[ \-.()]{0,2}[0-9])*(?![A-Za-z0-9])")
DATE = re.compile(r"(?:19|20)\d\d[-.]")


def phone(match):
    """`<phone>` in place of a run of digits that can be a telephone number."""
    run = match.group()
    digits = sum(character.isdigit() for character in run)
    groups = len(re.findall(r"\d+", run))
    separators = groups if run[0] == "(" else groups - 1
    grouped = separators >= 2 or (run[0] in "+(0" and run[1:2] != ".")
    plausible = 9 <= digits <= 15 if grouped else 10 <= digits <= 11
    return "<phone>" if plausible and not DATE.match(run) else run


def mask(text):
    """The text without mail addresses, names of users and telephone numbers."""
    if "@" in text or "＠" in text:
        text = USER.sub("<user>", MAIL.sub("<mail>", text))
    if "u/" in text:
        text = REDDIT_USER.sub("<user>", text)
    return NUMBER.sub(phone, text)


class Report:
    """How often something happened, and where first."""

    def __init__(self):
        self.counts = Counter()
        self.examples = defaultdict(list)

    def add(self, name, place, text=""):
        self.counts[name] += 1
        if len(self.examples[name]) < 3:
            self.examples[name].append(f"{place[0]} line {place[1]}: {mask(text)[:60]}")


def clean(text, report, place):
    """Leading mentions, trailing hashtags and emoji away; NFC; single blanks."""
    match = LEADING_MENTIONS.match(text)
    if match:
        report.add("mentions", place)
        text = text[match.end() :]
    hashtags = 0
    while True:
        match = LAST_WORD.search(text)
        if not match or not any(character.isalpha() for character in match.group(1)):
            break
        text = text[: match.start()]
        hashtags += 1
    if hashtags:
        report.add("hashtags", place)
    text, emoji = EMOJI.subn(" ", text)
    if emoji:
        report.add("emoji", place)
    return GAPS.sub(" ", unicodedata.normalize("NFC", text)).strip(" ")


def seconds(text):
    """Seconds since 1970 of Twitter's form."""
    _, month, day, clock, _, year = text.split(" ")
    hour, minute, second = clock.split(":")
    return calendar.timegm((int(year), MONTHS[month], int(day), int(hour), int(minute), int(second)))


class Post:
    __slots__ = ("id", "parent", "user", "seconds", "year", "text", "shown", "is_barred", "place")


def read(folder, report):
    """All posts by id, in input order; `None` for one that was dropped when it was read."""
    posts, texts = {}, {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            for number, line in enumerate(file, 1):
                place = (name, number)
                try:
                    raw = json.loads(line.decode("utf-8"))
                except ValueError:
                    report.add("malformed-json", place)
                    continue
                text = clean(raw["text"], report, place)
                post = judge(raw, text, report, place)
                first = texts.setdefault(raw["id_str"], text)
                if raw["id_str"] not in posts:
                    posts[raw["id_str"]] = post
                else:
                    report.add("repeated-id" if first == text else "conflicting-id", place, text)
    return posts


def judge(raw, text, report, place):
    """A post, or nothing if a filter that looks at one message drops it."""
    reason = None
    if raw["lang"] != "en":
        reason = "other-language"
    elif not text:
        reason = "empty"
    elif SPECIAL.search(text):
        reason = "special-characters"
    elif Counter(text).most_common(1)[0][1] > 0.5 * len(text):
        reason = "character-share"
    if reason:
        report.add(reason, place, text)
        return None
    post = Post()
    post.id, post.parent, post.user = raw["id_str"], raw["in_reply_to_status_id_str"], raw["user"]["id_str"]
    post.seconds, post.year, post.text = seconds(raw["created_at"]), int(raw["created_at"][-4:]), text
    post.shown, post.place = mask(text), place
    post.is_barred = bool(BOT.search(raw["user"]["description"])) or not 2 <= text.count(" ") + 1 <= 256
    return post


def drop_repeated(posts, report):
    """Drops all copies of a text that occurs more than once on a day."""
    counts = Counter((post.text, post.seconds // 86400) for post in posts.values() if post)
    for key, post in posts.items():
        if post and counts[post.text, post.seconds // 86400] >= 2:
            report.add("same-day-duplicates", post.place, post.text)
            posts[key] = None


def chains(root, replies):
    """The chains from a root to its leaves that are short enough; a longer one is not followed."""
    open_chains = [[root]]
    while open_chains:
        chain = open_chains.pop()
        answers = replies.get(chain[-1].id)
        if not answers:
            yield chain
        elif len(chain) < MAX_DEPTH:
            open_chains.extend(chain + [answer] for answer in answers)


def pairs(posts):
    """(root, [first replies]) in input order, from chains of exactly two authors."""
    replies = defaultdict(list)
    for post in posts.values():
        if post and post.parent and posts.get(post.parent):
            replies[post.parent].append(post)
    for root in posts.values():
        if not root or root.parent or root.id not in replies:
            continue
        on_chain = set()
        for chain in chains(root, replies):
            if len(chain) >= 2 and len({post.user for post in chain}) == 2:
                on_chain.add(chain[1].id)
        seen, kept = set(), []
        for reply in replies[root.id]:
            fits = reply.id in on_chain and reply.user != root.user and not root.is_barred and not reply.is_barred
            if fits and reply.shown not in seen:
                seen.add(reply.shown)
                kept.append(reply)
        if kept:
            yield root, kept


def main(folder, out):
    report = Report()
    posts = read(folder, report)
    drop_repeated(posts, report)
    found = list(pairs(posts))
    test = [(root, kept) for root, kept in found if root.year in TEST_YEARS and len(kept) >= MIN_TEST_REPLIES]
    held_out = {root.shown for root, _ in test}
    train = [(root, kept) for root, kept in found if root.year in TRAIN_YEARS and root.shown not in held_out]
    os.makedirs(out, exist_ok=True)
    for split, conversations in (("train", train), ("test", test)):
        with open(os.path.join(out, f"{split}.jsonl"), "w", encoding="utf-8") as file:
            for root, kept in conversations:
                for reply in kept:
                    pair = {"context": root.shown, "response": reply.shown}
                    file.write(json.dumps(pair, ensure_ascii=False, separators=(",", ":")) + "\n")
    with open(os.path.join(out, "report.json"), "w", encoding="utf-8") as file:
        json.dump({"counts": report.counts, "examples": report.examples}, file, ensure_ascii=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
