"""Months and days of the week in the names of files, and the order that they give: a year's stories, a diary, letters.

A calendar goes round: what is there of it may begin anywhere. "Friday" to "Monday" is a long weekend, and "November" to
"February" a winter.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache

from swarmstt.core.ordering.number_words import folded
from swarmstt.core.ordering.tokens import READINGS, Token, number_at

Date = tuple[int, ...]
"""Year, place in its turn of the calendar, and day; 0 for what is not said. Of days of the week, only the place."""

_MONTHS = {
    "en": "january february march april may june july august september october november december",
    "de": "januar/jänner februar/feber märz april mai juni/juno juli/julei august september oktober november dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre/setiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "da": "januar februar marts/mars april maj/mai juni juli august september oktober november december/desember",
    "pl": """styczeń/stycznia luty/lutego marzec/marca kwiecień/kwietnia maj/maja czerwiec/czerwca lipiec/lipca
        sierpień/sierpnia wrzesień/września październik/października listopad/listopada grudzień/grudnia""",
    "cs": """leden/ledna únor/února březen/března duben/dubna květen/května červen/června červenec/července srpen/srpna
        září říjen/října listopad/listopadu prosinec/prosince""",
    "ru": """январь/января февраль/февраля март/марта апрель/апреля май/мая июнь/июня июль/июля август/августа
        сентябрь/сентября октябрь/октября ноябрь/ноября декабрь/декабря""",
    "uk": """січень/січня лютий/лютого березень/березня квітень/квітня травень/травня червень/червня липень/липня
        серпень/серпня вересень/вересня жовтень/жовтня листопад/листопада грудень/грудня""",
    "tr": "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "fi": """tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu
        joulukuu""",
    "hu": "január február március április május június július augusztus szeptember október november december",
    "el": """ιανουάριος/ιανουαρίου φεβρουάριος/φεβρουαρίου μάρτιος/μαρτίου απρίλιος/απριλίου μάιος/μαΐου
        ιούνιος/ιουνίου ιούλιος/ιουλίου αύγουστος/αυγούστου σεπτέμβριος/σεπτεμβρίου οκτώβριος/οκτωβρίου
        νοέμβριος/νοεμβρίου δεκέμβριος/δεκεμβρίου""",
    "ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "ar": "يناير فبراير مارس أبريل/ابريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "id": "januari februari maret april mei juni juli agustus september oktober november desember",
    "zh": "一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月",
}
_WEEKDAYS = {
    "en": "monday tuesday wednesday thursday friday saturday sunday",
    "de": "montag dienstag mittwoch donnerstag freitag samstag/sonnabend sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "it": "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "pt": "segunda terça quarta quinta sexta sábado domingo",
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "sv": "måndag tisdag onsdag torsdag fredag lördag söndag",
    "da": "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    "pl": "poniedziałek wtorek środa czwartek piątek sobota niedziela",
    "cs": "pondělí úterý středa čtvrtek pátek sobota neděle",
    "ru": "понедельник вторник среда четверг пятница суббота воскресенье",
    "uk": "понеділок вівторок середа четвер п'ятниця субота неділя",
    "tr": "pazartesi salı çarşamba perşembe cuma cumartesi pazar",
    "fi": "maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai",
    "hu": "hétfő kedd szerda csütörtök péntek szombat vasárnap",
    "el": "δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυριακή",
    "ro": "luni marți miercuri joi vineri sâmbătă duminică",
    "ar": "الاثنين/الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد",
    "id": "senin selasa rabu kamis jumat/jum'at sabtu minggu",
    "zh": "星期一/周一 星期二/周二 星期三/周三 星期四/周四 星期五/周五 星期六/周六 星期日/星期天/周日",
    "ja": "月曜日/月曜 火曜日/火曜 水曜日/水曜 木曜日/木曜 金曜日/金曜 土曜日/土曜 日曜日/日曜",
}
_CALENDARS = tuple((words, True) for words in _MONTHS.values()) + tuple((words, False) for words in _WEEKDAYS.values())
_LEAST_LETTERS = 3
"""So much of a word stands for it: "Jan", "Sept", "Mon"."""
_LAST_DAY = 31
_YEARS = range(1000, 3000)
_AROUND = 4
"""So many words away from its month a day or a year may stand: "the 3rd of May", "5 de enero de 1950"."""


def dates_of(names: Sequence[Sequence[Token]]) -> list[Date] | None:
    """Returns when each of these names is, if all of them say so in one language and not all say the same; None if
    files are counted beside that, or nothing is said."""
    if len(names) < 2:
        return None
    for words, is_months in _CALENDARS:
        found = _dates_in(names, _places_of(words), is_months)
        if len(set(found)) > 1:
            return None if _count_up_at_start(names) else _turned(found, 12 if is_months else 7)
    return None


def _dates_in(names: Sequence[Sequence[Token]], places: dict[str, int], is_months: bool) -> list[Date]:
    """Returns the dates of all names in one calendar; nothing if one has none."""
    found = []
    for tokens in names:
        place = next((place for place, token in enumerate(tokens) if token.word in places), None)
        date = None if place is None else _date(tokens, place, places, is_months)
        if date is None:
            return []
        found.append(date)
    return found


@cache
def _places_of(words: str) -> dict[str, int]:
    """The words of a calendar, folded, whole or cut short, and their places in it."""
    whole: dict[str, int] = {}
    short: dict[str, set[int]] = {}
    for place, forms in enumerate(words.split(), start=1):
        for form in map(folded, forms.split("/")):
            whole[form] = place
            for length in range(_LEAST_LETTERS, len(form)):
                short.setdefault(form[:length], set()).add(place)
    return {**{word: min(places) for word, places in short.items() if len(places) == 1}, **whole}


def _date(tokens: Sequence[Token], place: int, places: dict[str, int], is_months: bool) -> Date | None:
    """None if there are numbers that are no part of a date."""
    numbers = {at: token.number[0] for at, token in enumerate(tokens) if token.number is not None and token.number}
    if not is_months:
        return None if numbers else (0, places[tokens[place].word], 0)
    near = {at: number for at, number in numbers.items() if abs(at - place) <= _AROUND}
    days = [number for number in near.values() if 1 <= number <= _LAST_DAY]
    years = [number for number in near.values() if number in _YEARS]
    if len(days) > 1 or len(years) > 1 or len(days) + len(years) < len(numbers):
        return None
    return (sum(years), places[tokens[place].word], sum(days))


def _turned(dates: Sequence[Date], length: int) -> list[Date]:
    """Begins where what is there of the calendar begins. Years, and what is spread over it, are in order already."""
    there = {place for _, place, _ in dates}
    first = 1 if any(year for year, _, _ in dates) else _beginning(there, length)
    return [(year, (place - first) % length, day) for year, place, day in dates]


def _beginning(there: Collection[int], length: int) -> int:
    """Where the one run begins that these places are in; 1 if they are in several."""
    begins = [place for place in there if (place - 2) % length + 1 not in there]
    return begins[0] if len(begins) == 1 else 1


def _count_up_at_start(names: Sequence[Sequence[Token]]) -> bool:
    """Says if numbers at the beginning, in digits or in words, count the names, one by one."""
    return any(_count_up([number_at(tokens, 0, reading) for tokens in names]) for reading in READINGS)


def _count_up(found: Sequence[tuple[tuple[int, ...], int] | None]) -> bool:
    numbers = sorted(each[0] for each in found if each is not None)
    return len(numbers) == len(found) and numbers == [(numbers[0][0] + more,) for more in range(len(numbers))]
