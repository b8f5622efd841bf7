"""Words in names that say where in a book a file belongs: its front, its back, and what is counted."""

from __future__ import annotations

from swarmstt.core.ordering.number_words import folded

_FRONT = (
    """opening credits|opening|title page|title|cover|vorspann|titel|générique de début|inicio""",
    """dedication|epigraph|widmung|titel und widmung|dédicace|dedicatoria|dedica|dedicatória|opdracht|посвящение|
    αφιέρωση|إهداء""",
    """preface|foreword|preamble|before we begin|about this book|vorwort|vorrede|geleitwort|avant propos|préface|
    préambule|prefacio|prefazione|premessa|prefácio|preámbulo|voorwoord|förord|forord|przedmowa|předmluva|предисловие|
    от автора|передмова|önsöz|序|序言|前言|导言|導言|はじめに|まえがき|前書き|序文|머리말|서문|
    προοίμιο|مقدمة|مقدمه|پیشگفتار|دیباچه|הקדמה|פתח דבר|प्रस्तावना|előszó|prefață|esipuhe|lời nói đầu|kata pengantar""",
    """introduction|intro|einleitung|einführung|introducción|introduzione|introdução|inleiding|inledning|innledning|
    indledning|wstęp|wprowadzenie|úvod|вступление|введение|вступ|giriş|εισαγωγή|تمهيد|مدخل|מבוא|भूमिका|
    bevezetés|introducere|johdanto""",
    """prologue|prolog|prelude|auftakt|prólogo|prologo|proloog|пролог|序章|序幕|引子|楔子|プロローグ|프롤로그|πρόλογος|
    استهلال|פרולוג|prológus|prologi|mở đầu""",
)
_BACK = (
    """epilogue|epilog|coda|conclusion|the end|end|fin|fine|fim|ende|einde|schluss|ausklang|épilogue|epílogo|epilogo|
    conclusión|conclusione|conclusão|epiloog|zakończenie|эпилог|заключение|епілог|尾声|尾聲|终章|終章|エピローグ|
    おわりに|에필로그|επίλογος|خاتمة|خاتمه|אפילוג|उपसंहार|epilógus|epilogi|lời kết""",
    """afterword|postscript|postface|author s note|historical note|nachwort|schlusswort|nachspiel|posfacio|postfazione|
    posfácio|nawoord|efterord|etterord|slutord|efterskrift|posłowie|doslov|послесловие|післямова|sonsöz|后记|後記|跋|
    あとがき|後書き|맺음말|후기|אחרית דבר|סוף דבר|utószó|postfață|jälkisanat""",
    """appendix|appendices|notes|endnotes|glossary|bibliography|index|anhang|glossar|annexe|annexes|appendice|apéndice|
    apêndice|bijlage|bilaga|dodatek|приложение|примечания|附录|附錄|付録|παράρτημα|ملحق|
    پیوست|נספח|függelék|anexă|liite""",
    """acknowledgements|acknowledgments|about the author|about the narrator|danksagung|über den autor|remerciements|
    agradecimientos|ringraziamenti|agradecimentos|dankwoord""",
    """bonus|closing credits|end credits|closing|credits|outro|abspann|générique de fin|créditos finales""",
)
_COUNTERS = """
chapter chap ch kapitel kap chapitre capítulo cap capitolo hoofdstuk kapittel rozdział kapitola глава гл розділ
bölüm luku fejezet part pt parts teil partie parte deel del część часть ч частина část kısım osa rész book buch
livre libro livro boek bok bog księga книга kniha kitap disc disk cd dvd volume vol band bd tome tom tomo volumen
volume том track titel piste pista traccia faixa spor section sect abschnitt sección sezione seção side seite
episode folge episodio épisode act akt acte acto atto scene szene scène letter brief lettre carta lettera tape
cassette kassette stave canto gesang chant lesson lektion leçon lecture story tale day night
"""
_CONTAINERS = """
part pt parts teil partie parte deel del część cz часть ч частина část kısım osa rész book buch livre libro livro
boek bok bog księga книга kniha kitap disc disk cd volume vol band bd tome tom tomo volumen act akt acte
"""
COUNTERS = frozenset(map(folded, _COUNTERS.split()))
"""What is counted: a number stands behind it or before it."""
CONTAINERS = frozenset(map(folded, _CONTAINERS.split()))
"""Of these, what holds chapters, and may have a prologue of its own."""
LETTERS = frozenset(map(folded, ("letter", "brief", "lettre", "carta", "lettera")))
"""A book that has letters and chapters begins with the letters."""
BETWEEN = frozenset({"the", "la", "le", "el", "il", "no", "nr", "n", "number", "nummer", "num"})
"""May stand between the two: "Part the First", "Chapter No. 3"."""

CHINESE_COUNTERS = "章回卷巻集节節話话部篇編编册冊幕夜日期辑輯讲講課课장화권부"


Matter = tuple[bool, int]
"""True for what stands behind the book; and its rank among the like."""


def _ranked(is_back: bool, ranks: tuple[str, ...]) -> dict[tuple[str, ...], Matter]:
    return {
        tuple(folded(each).split()): (is_back, rank)
        for rank, phrases in enumerate(ranks)
        for each in phrases.replace("\n", "").split("|")
        if each.strip()
    }


_MATTER = {**_ranked(True, _BACK), **_ranked(False, _FRONT)}
_LONGEST = max(map(len, _MATTER))


def matter_at(words: list[str], place: int) -> tuple[Matter, int] | None:
    """Returns what these folded words at that place say of front and back, and how many of them say so."""
    for length in range(min(_LONGEST, len(words) - place), 0, -1):
        found = _MATTER.get(tuple(words[place : place + length]))
        if found is not None:
            return found, length
    return None
