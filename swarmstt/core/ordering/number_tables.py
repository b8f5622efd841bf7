"""The words that numbers are made of, in the languages that most audiobooks are in."""

from __future__ import annotations

LANGUAGES = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "pl", "cs", "ru", "uk", "tr", "fi", "ar"),
    *("hu", "el", "ro", "id"),
)

ONES = {
    "en": """
        zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
        eighteen nineteen
    """,
    "de": """
        null eins/ein/eine zwei/zwo drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn
        sechzehn siebzehn achtzehn neunzehn
    """,
    "fr": """
        zéro un/une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept
        dix-huit dix-neuf
    """,
    "es": """
        cero uno/un/una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis
        diecisiete dieciocho diecinueve
    """,
    "it": """
        zero uno/un/una due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici
        sedici diciassette diciotto diciannove
    """,
    "pt": """
        zero um/uma dois/duas três quatro cinco seis sete oito nove dez onze doze treze quatorze/catorze quinze
        dezesseis/dezasseis dezessete/dezassete dezoito dezenove/dezanove
    """,
    "nl": """
        nul een/één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien
        achttien negentien
    """,
    "sv": """
        noll ett/en två tre fyra fem sex sju åtta nio tio elva tolv tretton fjorton femton sexton sjutton arton nitton
    """,
    "da": """
        nul en/et to tre fire fem seks syv otte ni ti elleve tolv tretten fjorten femten seksten sytten atten nitten
    """,
    "no": """
        null en/ett to tre fire fem seks sju/syv åtte ni ti elleve tolv tretten fjorten femten seksten sytten atten
        nitten
    """,
    "pl": """
        zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć jedenaście dwanaście trzynaście czternaście
        piętnaście szesnaście siedemnaście osiemnaście dziewiętnaście
    """,
    "cs": """
        nula jedna/jeden dva tři čtyři pět šest sedm osm devět deset jedenáct dvanáct třináct čtrnáct patnáct šestnáct
        sedmnáct osmnáct devatenáct
    """,
    "ru": """
        ноль один/одна два/две три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать
        четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать
    """,
    "uk": """
        нуль один/одна два/дві три чотири п'ять шість сім вісім дев'ять десять одинадцять дванадцять тринадцять
        чотирнадцять п'ятнадцять шістнадцять сімнадцять вісімнадцять дев'ятнадцять
    """,
    "tr": """
        sıfır bir iki üç dört beş altı yedi sekiz dokuz on on-bir on-iki on-üç on-dört on-beş on-altı on-yedi on-sekiz
        on-dokuz
    """,
    "fi": """
        nolla yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän kymmenen yksitoista kaksitoista
        kolmetoista neljätoista viisitoista kuusitoista seitsemäntoista kahdeksantoista yhdeksäntoista
    """,
    "ar": """
        صفر واحد/واحدة اثنان/اثنين/اثنتان ثلاثة/ثلاث أربعة/أربع خمسة/خمس ستة/ست سبعة/سبع ثمانية/ثماني/ثمان تسعة/تسع
        عشرة/عشر أحد-عشر/إحدى-عشرة اثنا-عشر/اثني-عشر ثلاثة-عشر أربعة-عشر خمسة-عشر ستة-عشر سبعة-عشر ثمانية-عشر تسعة-عشر
    """,
    "hu": """
        nulla egy kettő/két három négy öt hat hét nyolc kilenc tíz tizenegy tizenkettő/tizenkét tizenhárom tizennégy
        tizenöt tizenhat tizenhét tizennyolc tizenkilenc
    """,
    "el": """
        μηδέν ένα/ένας/μία δύο/δυο τρία/τρεις τέσσερα/τέσσερις πέντε έξι επτά/εφτά οκτώ/οχτώ εννέα/εννιά δέκα
        ένδεκα/έντεκα δώδεκα δεκατρία δεκατέσσερα δεκαπέντε δεκαέξι δεκαεπτά/δεκαεφτά δεκαοκτώ/δεκαοχτώ
        δεκαεννέα/δεκαεννιά
    """,
    "ro": """
        zero unu/una/un doi/două trei patru cinci șase șapte opt nouă zece unsprezece doisprezece/douăsprezece
        treisprezece paisprezece cincisprezece șaisprezece șaptesprezece optsprezece nouăsprezece
    """,
    "id": """
        nol satu dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas dua-belas tiga-belas empat-belas
        lima-belas enam-belas tujuh-belas delapan-belas sembilan-belas
    """,
}
"""From nought to nineteen; forms of one number have a slash between them, words of one a hyphen."""

TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "fr": "vingt trente quarante cinquante soixante",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "pt": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    "nl": "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
    "sv": "tjugo trettio fyrtio femtio sextio sjuttio åttio nittio",
    "da": "tyve tredive fyrre halvtreds tres halvfjerds firs halvfems",
    "no": "tjue tretti førti femti seksti sytti åtti nitti",
    "pl": """
        dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt dziewięćdziesiąt
    """,
    "cs": "dvacet třicet čtyřicet padesát šedesát sedmdesát osmdesát devadesát",
    "ru": "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто",
    "uk": "двадцять тридцять сорок п'ятдесят шістдесят сімдесят вісімдесят дев'яносто",
    "tr": "yirmi otuz kırk elli altmış yetmiş seksen doksan",
    "fi": """
        kaksikymmentä kolmekymmentä neljäkymmentä viisikymmentä kuusikymmentä seitsemänkymmentä kahdeksankymmentä
        yhdeksänkymmentä
    """,
    "ar": "عشرون ثلاثون أربعون خمسون ستون سبعون ثمانون تسعون",
    "hu": "húsz harminc negyven ötven hatvan hetven nyolcvan kilencven",
    "el": "είκοσι τριάντα σαράντα πενήντα εξήντα εβδομήντα ογδόντα ενενήντα",
    "ro": "douăzeci treizeci patruzeci cincizeci șaizeci șaptezeci optzeci nouăzeci",
    "id": """
        dua-puluh tiga-puluh empat-puluh lima-puluh enam-puluh tujuh-puluh delapan-puluh sembilan-puluh
    """,
}

JOINED = {"de": "und", "nl": "en", "da": "og", "ar": " و"}
"""Between one and twenty, in one word (in Arabic in two): einundzwanzig."""
FOLLOWED = {"sv": "", "no": "", "it": "", "fi": "", "hu": ""}
"""Between twenty and one, in one word: tjugoett."""
PARTED = {"fr": ("", "et"), "es": ("y",), "pt": ("e",), "ro": ("și",)}
"""Words between twenty and one, if there are others than none: treinta y uno."""

ORDINALS = {
    "en": """
        first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
        fifteenth sixteenth seventeenth eighteenth nineteenth twentieth
    """,
    "de": """
        erst zweit dritt viert fünft sechst siebt/siebent acht neunt zehnt elft zwölft dreizehnt vierzehnt fünfzehnt
        sechzehnt siebzehnt achtzehnt neunzehnt zwanzigst
    """,
    "fr": """
        premier/première deuxième/second/seconde troisième quatrième cinquième sixième septième huitième neuvième
        dixième onzième douzième treizième quatorzième quinzième seizième dix-septième dix-huitième dix-neuvième
        vingtième
    """,
    "es": """
        primero/primera/primer segundo/segunda tercero/tercera/tercer cuarto/cuarta quinto/quinta sexto/sexta
        séptimo/séptima/sétimo octavo/octava noveno/novena décimo/décima undécimo/undécima duodécimo/duodécima
        decimotercero/decimotercera decimocuarto/decimocuarta decimoquinto/decimoquinta decimosexto decimoséptimo
        decimoctavo decimonoveno vigésimo/vigésima
    """,
    "it": """
        primo/prima secondo/seconda terzo/terza quarto/quarta quinto/quinta sesto/sesta settimo/settima ottavo/ottava
        nono/nona decimo/decima undicesimo/undicesima dodicesimo/dodicesima tredicesimo/tredicesima quattordicesimo
        quindicesimo sedicesimo diciassettesimo diciottesimo diciannovesimo ventesimo/ventesima
    """,
    "pt": """
        primeiro/primeira segundo/segunda terceiro/terceira quarto/quarta quinto/quinta sexto/sexta sétimo/sétima
        oitavo/oitava nono/nona décimo/décima décimo-primeiro décimo-segundo décimo-terceiro décimo-quarto décimo-quinto
        décimo-sexto décimo-sétimo décimo-oitavo décimo-nono vigésimo
    """,
    "nl": """
        eerste tweede derde vierde vijfde zesde zevende achtste negende tiende elfde twaalfde dertiende veertiende
        vijftiende zestiende zeventiende achttiende negentiende twintigste
    """,
    "sv": """
        första andra tredje fjärde femte sjätte sjunde åttonde nionde tionde elfte tolfte trettonde fjortonde femtonde
        sextonde sjuttonde artonde nittonde tjugonde
    """,
    "da": """
        første anden/andet tredje fjerde femte sjette syvende ottende niende tiende ellevte tolvte trettende fjortende
        femtende sekstende syttende attende nittende tyvende
    """,
    "no": """
        første andre tredje fjerde femte sjette sjuende/syvende åttende niende tiende ellevte tolvte trettende fjortende
        femtende sekstende syttende attende nittende tjuende
    """,
    "pl": """
        pierwsz drug trzec czwart piąt szóst siódm ósm dziewiąt dziesiąt jedenast dwunast trzynast czternast piętnast
        szesnast siedemnast osiemnast dziewiętnast dwudziest
    """,
    "cs": """
        prvn druh třet čtvrt pát šest sedm osm devát desát jedenáct dvanáct třináct čtrnáct patnáct šestnáct sedmnáct
        osmnáct devatenáct dvacát
    """,
    "ru": """
        перв втор трет четверт пят шест седьм восьм девят десят одиннадцат двенадцат тринадцат четырнадцат пятнадцат
        шестнадцат семнадцат восемнадцат девятнадцат двадцат
    """,
    "uk": """
        перш друг трет четверт п'ят шост сьом восьм дев'ят десят одинадцят дванадцят тринадцят чотирнадцят п'ятнадцят
        шістнадцят сімнадцят вісімнадцят дев'ятнадцят двадцят
    """,
    "tr": """
        birinci/ilk ikinci üçüncü dördüncü beşinci altıncı yedinci sekizinci dokuzuncu onuncu on-birinci on-ikinci
        on-üçüncü on-dördüncü on-beşinci on-altıncı on-yedinci on-sekizinci on-dokuzuncu yirminci
    """,
    "fi": """
        ensimmäinen toinen kolmas neljäs viides kuudes seitsemäs kahdeksas yhdeksäs kymmenes yhdestoista kahdestoista
        kolmastoista neljästoista viidestoista kuudestoista seitsemästoista kahdeksastoista yhdeksästoista
        kahdeskymmenes
    """,
    "ar": """
        الأول/الأولى الثاني/الثانية الثالث/الثالثة الرابع/الرابعة الخامس/الخامسة السادس/السادسة السابع/السابعة
        الثامن/الثامنة التاسع/التاسعة العاشر/العاشرة الحادي-عشر/الحادية-عشرة الثاني-عشر/الثانية-عشرة
        الثالث-عشر/الثالثة-عشرة الرابع-عشر/الرابعة-عشرة الخامس-عشر/الخامسة-عشرة السادس-عشر/السادسة-عشرة
        السابع-عشر/السابعة-عشرة الثامن-عشر/الثامنة-عشرة التاسع-عشر/التاسعة-عشرة العشرون/العشرين
    """,
    "hu": """
        első második harmadik negyedik ötödik hatodik hetedik nyolcadik kilencedik tizedik tizenegyedik tizenkettedik
        tizenharmadik tizennegyedik tizenötödik tizenhatodik tizenhetedik tizennyolcadik tizenkilencedik huszadik
    """,
    "el": """
        πρώτ δεύτερ τρίτ τέταρτ πέμπτ έκτ έβδομ όγδο ένατ δέκατ ενδέκατ δωδέκατ δέκατ-τρίτ δέκατ-τέταρτ δέκατ-πέμπτ
        δέκατ-έκτ δέκατ-έβδομ δέκατ-όγδο δέκατ-ένατ εικοστ
    """,
    "ro": """
        întâi/întâiul/prima/primul doilea/doua treilea/treia patrulea/patra cincilea/cincea șaselea/șasea
        șaptelea/șaptea optulea/opta nouălea/noua zecelea/zecea unsprezecelea/unsprezecea
        doisprezecelea/douăsprezecea treisprezecelea/treisprezecea paisprezecelea/paisprezecea
        cincisprezecelea/cincisprezecea șaisprezecelea/șaisprezecea șaptesprezecelea/șaptesprezecea
        optsprezecelea/optsprezecea nouăsprezecelea/nouăsprezecea douăzecilea/douăzecea
    """,
    "id": """
        pertama/kesatu kedua ketiga keempat kelima keenam ketujuh kedelapan kesembilan kesepuluh kesebelas kedua-belas
        ketiga-belas keempat-belas kelima-belas keenam-belas ketujuh-belas kedelapan-belas kesembilan-belas kedua-puluh
    """,
}
"""From the first to the twentieth; of some languages without the endings."""
ENDINGS = {
    "de": ("e", "er", "es", "en", "em"),
    "pl": ("y", "a", "e", "i", "ia", "ie"),
    "cs": ("í", "ý", "á", "é"),
    "ru": ("ый", "ая", "ое", "ой", "ий", "ья", "ье"),
    "uk": ("ий", "а", "е", "я", "є", "ій"),
    "el": ("ο", "ος", "η"),
}
TENTHS = {
    "en": "twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth",
    "ru": "двадцат тридцат сороков пятидесят шестидесят семидесят восьмидесят девяност",
    "pl": "dwudziest trzydziest czterdziest pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt dziewięćdziesiąt",
    "cs": "dvacát třicát čtyřicát padesát šedesát sedmdesát osmdesát devadesát",
}
ORDINAL_SUFFIX = {"de": ("st",), "nl": ("ste",), "fr": ("ième",), "it": ("esimo", "esima"), "sv": ("nde", "de")}
"""What makes an ordinal of the last word of twenty and more, whose last vowel then goes."""
