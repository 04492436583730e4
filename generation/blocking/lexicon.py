"""The words that the blocking grammar knows, as literal tables from a code to a pattern."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator


def plain(text: str) -> str:
    """Upper case, composed, so that Élodie and ÉLODIE are one name."""
    return unicodedata.normalize("NFC", text).strip().upper() if text else ""


TIMES = {
    "dawn": r"\b(dawn|sunrise|daybreak|first light|early morning|aube|alba|morgengrauen)\b|明け方|夜明け",
    "dusk": (
        r"\b(dusk|sunset|magic hour|golden hour|twilight|evening|crépuscule|soir|abend|dämmerung|atardecer|"
        r"tramonto)\b|夕|غروب"
    ),
    "night": r"\b(night|midnight|tonight|nuit|nacht|noche|notte|noite)\b|夜|ليل",
    "day": r"\b(day|morning|noon|midday|afternoon|sunlight|sunny|daylight|jour|matin|tag|día|giorno|dia)\b|昼|朝|نهار",
}

WEATHERS = {
    "rain": r"\b(rain(s|ing|y|swept|-soaked)?|downpour|drizzle|storm(y|s)?|pluie|regen|lluvia|pioggia)\b|雨|مطر",
    "snow": r"\b(snow(s|ing|y|fall|storm)?|blizzard|neige|schnee|nieve|neve)\b|雪|ثلج",
    "mist": r"\b(mist(y)?|fog(gy)?|haze|hazy|smoke|brouillard|nebel|niebla)\b|霧|ضباب",
}

PLACES = {
    "stairs": r"\b(stairs?|staircase|stairwell|steps|escalier|treppe)\b",
    "car": r"\b(car|taxi|cab|van|truck cab|automobile|voiture|auto)\b",
    "corridor": r"\b(corridor|hallway|passage|couloir|flur|tunnel)\b",
    "hall": (
        r"\b(hall|church|warehouse|factory|hangar|station|theatre|theater|gym|ballroom|lobby|cathedral|barn|"
        r"garage)\b"
    ),
    "pier": r"\b(pier|jetty|dock|quay|wharf|harbou?r|port|marina|jetée|muelle|hafen)\b|ميناء",
    "deck": r"\b(deck|ferry|ship|boat|yacht|barge|open water|sea|ocean|lake|raft)\b|船",
    "beach": r"\b(beach|shore|sand|dunes?|desert|plage|strand|playa)\b",
    "forest": r"\b(forest|woods?|woodland|jungle|grove|trees|trail|forêt|wald|bosque|foresta)\b|森|غابة",
    "street": (
        r"\b(street|road|avenue|alley|city|town|square|pavement|sidewalk|crossing|corner|intersection|"
        r"bus stop|market|skyline|rue|straße|strasse|calle|via|driveway|parking lot|car park)\b|街|道|شارع"
    ),
    "roof": r"\b(roof|rooftop|terrace|balcony|toit|dach)\b",
    "field": (
        r"\b(field|meadow|park|garden|hill|hills|hillside|farm|lawn|yard|cemetery|graveyard|countryside|plain|"
        r"valley|champ|feld|campo|mountain)\b|野|公園|حقل"
    ),
}

ROOMS = {
    "kitchen": r"\b(kitchen|cuisine|küche|cocina)\b|台所",
    "bedroom": r"\b(bedroom|motel room|hotel room|nursery|chambre|schlafzimmer|dormitorio)\b|寝室",
    "office": (
        r"\b(office|study|bureau|newsroom|police station|precinct|classroom|library|laboratory|lab|büro|"
        r"oficina)\b|事務所"
    ),
    "bar": r"\b(bar|pub|caf[eé]|diner|restaurant|saloon|shop|store|kneipe)\b",
    "hospital": r"\b(hospital|ward|clinic|infirmary|hôpital|krankenhaus)\b|病院",
    "cabin": r"\b(wheelhouse|cockpit|bridge|cabin|control room)\b",
    "cell": r"\b(cell|prison|jail|cellar|basement|bathroom|attic|bunker|interrogation room)\b",
    "living": r"\b(living room|apartment|flat|house|home|lounge|parlou?r|salon|wohnzimmer|sala)\b|部屋|居間|غرفة",
}

THINGS = {
    "table": r"\b(tables?)\b",
    "desk": r"\b(desk)\b",
    "chair": r"\b(chairs?|stool|armchair)\b",
    "sofa": r"\b(sofa|couch|settee)\b",
    "bed": r"\b(bed|cot|bunk)\b",
    "bench": r"\b(bench(es)?)\b",
    "lamp": r"\b(street ?lamps?|lamp ?posts?|street ?lights?|one lamp|the lamp|lantern)\b",
    "car": r"\b(cars?|taxi|van|truck|vehicle)\b",
    "boat": r"\b(rowing boat|rowboat|dinghy|small boat)\b",
    "suitcase": r"\b(suitcases?|luggage|bag|trunk)\b",
    "rail": r"\b(rail|railing|handrail|banister)\b",
    "counter": r"\b(counter|bar top|console)\b",
    "shelf": r"\b(shelf|shelves|bookcase|books)\b",
    "crate": r"\b(crates?|box(es)?|cargo|barrel)\b",
    "fence": r"\b(fence|gate)\b",
    "tree": r"\b(tree|oak|willow|pine)\b",
    "rock": r"\b(rocks?|boulder|stones)\b",
    "gravestone": r"\b(grave(stone)?s?|tomb(stone)?s?|cemetery|graveyard)\b",
    "tv": r"\b(television|tv)\b",
    "stairs": r"\b(stairs|staircase|stairway|steps of)\b",
    "door": r"\b(door|doorway)\b",
    "window": r"\b(window|glass)\b",
}

SIZES = {
    "ECU": r"\b(extreme close[- ]?up|ECU|XCU|macro)\b",
    "MCU": r"\b(medium close[- ]?up|MCU)\b",
    "CU": r"\b(close[- ]?up|close on|CU|tight on|her face|his face|close shot)\b|\binsert\b",
    "EWS": r"\b(extreme wide|extreme long|very wide|EWS|XLS|establishing|aerial|skyline)\b",
    "MWS": r"\b(medium wide|medium long|MWS|MLS|cowboy|american shot|full shot)\b",
    "WS": r"\b(wide shot|wide|WS|long shot|LS|master)\b",
    "MS": r"\b(medium shot|MS|mid shot|waist|two[- ]shot|three[- ]shot)\b",
}

ANGLES = {
    "ots": r"\b(over[- ]the[- ]shoulder|OTS|over (his|her|their) shoulder)\b",
    "pov": r"\b(POV|point of view|through (his|her) eyes)\b",
    "overhead": r"\b(overhead|top shot|bird'?s[- ]eye|from directly above|god'?s eye)\b",
    "dutch": r"\b(dutch|canted|tilted frame)\b",
    "low": r"\b(low angle|from below|worm'?s[- ]eye|looking up at)\b",
    "high": r"\b(high angle|from above|looking down (on|at))\b",
    "eye": r"\b(eye[- ]level)\b",
}

_CAMERA = r"(?:the )?camera (?:slowly )?"
MOVES = {
    "dolly-in": (
        r"\b(push(es)? in|dolly(ing)? in|dollies in|track(s|ing)? in|move(s)? in (on|to)|creep(s)? in|"
        rf"{_CAMERA}(?:moves in|pushes|approaches)|dolly forward)\b"
    ),
    "dolly-out": (
        r"\b(pull(s|ing)? (back|out)|dolly(ing)? (out|back)|dollies (out|back)|track(s|ing)? (out|back)|"
        rf"{_CAMERA}retreats)\b"
    ),
    "truck-left": r"\b(truck(s|ing)? left|track(s|ing)? left|crab left|slide left|lateral left)\b",
    "truck-right": (
        r"\b(truck(s|ing)? right|track(s|ing)? right|crab right|slide right|tracking (shot|with)|"
        r"track(s)? (with|along))\b"
    ),
    "pan-left": r"\b(pan(s|ning)? (to the )?left|swish left)\b",
    "pan-right": (
        r"\b(pan(s|ning)? (to the )?right|pan(s|ning)?( across| with| over| along| to)|whip pan|swish right)\b"
    ),
    "tilt-up": r"\btilt(s|ing)? up\b",
    "tilt-down": r"\btilt(s|ing)? down\b",
    "pedestal-up": r"\b(pedestal up|boom up|ped up)\b",
    "pedestal-down": r"\b(pedestal down|boom down|ped down)\b",
    "zoom-in": r"\b(zoom(s|ing)? in|crash zoom|snap zoom)\b",
    "zoom-out": r"\bzoom(s|ing)? out\b",
    "crane-up": rf"\b(crane(s)? up|crane shot|jib up|{_CAMERA}rises)\b",
    "crane-down": rf"\b(crane(s)? down|jib down|{_CAMERA}(descends|lowers))\b",
    "handheld": r"\b(hand[- ]?held|shaky cam|shoulder cam)\b",
    "static": r"\b(static|locked[- ]off|lock off|tripod|still frame)\b",
}

VERBS = {
    "leave": (
        r"\b(leav(es?|ing)|exit(s|ing)?|depart(s)?|go(es)? (out|away|off)|walk(s|ing)? (out|off|away)|run(s|"
        r"ning)? (out|off|away)|storms out|disappears|vanishes|steps? out)\b"
    ),
    "enter": (
        r"\b(enter(s|ing)?|com(es?|ing) (in|into|through|out of)|arriv(es?|ing)|appears?|bursts in|steps? (in|"
        r"into|onto|inside)|emerges?|rushes in|runs in|walks in)\b"
    ),
    "pass": r"\b(walk(s|ing)? past|pass(es|ing)( by)?|steps? aside)\b",
    "climb": r"\b(climb(s|ing)?|ascend(s|ing)?|descend(s|ing)?|goes (up|down)|comes (up|down))\b",
    "run": (
        r"\b(run(s|ning)?|sprint(s|ing)?|rac(es|ing)|dash(es|ing)?|rush(es|ing)?|flees?|chas(es?|ing)|jogs?|"
        r"bolts?|hurr(ies|ying)|runs)\b"
    ),
    "walk": (
        r"\b(walk(s|ing|ed)?|strid(es?|ing)|stroll(s|ing)?|cross(es|ing)|wander(s|ing)?|pac(es|ing)|"
        r"approach(es|ing)?|march(es|ing)?|trudg(es?|ing)|limps?|heads? (for|to|toward|towards)|follow(s|"
        r"ing)?|moves? (to|toward|towards)|steps? (forward|back|closer|up)|reaches the|goes to|creeps?|"
        r"shuffl(es|ing)|tiptoes)\b"
    ),
    "rise": r"\b(stands? up|get(s|ting)? up|ris(es|ing)|gets to (his|her|their) feet)\b",
    "kneel": r"\b(kneel(s|ing)?|drops to (his|her) knees|proposes)\b",
    "crouch": r"\b(crouch(es|ing)?|ducks?|squat(s|ting)?|hid(es|ing)|bends down)\b",
    "seated": r"\b(sitting|sat|seated|in (his|her|their) (chair|seat)s?)\b",
    "sit": r"\b(sits?|takes a seat|settles (into|at)|perch(es|ed))\b",
    "sleep": r"\b(sleep(s|ing)?|asleep|lies?|lying|unconscious|dead)\b",
    "fall": (
        r"\b(fall(s|ing|en)?|collaps(es|ing)|slip(s|ping)?|trip(s|ping)?|faint(s|ing)?|drops? dead|tumbles?|"
        r"goes down)\b"
    ),
    "embrace": (
        r"\b(embrac(es?|ing)|hug(s|ging)?|kiss(es|ing)?|hold(s)? each other|in each other's arms|"
        r"cling(s)? to)\b"
    ),
    "point": r"\b(point(s|ing|ed)?|aims?|gestur(es|ing) (to|at|toward|towards))\b",
    "wave": r"\b(wav(es?|ing)|beckons?|greets?)\b",
    "raise": r"\b(rais(es?|ing) (one|a|his|her|their|both)? ?(hands?|arms?|glass|gun)|lifts? (a|his|her) hand)\b",
    "reach": (
        r"\b(reach(es|ing)? (for|out|toward|towards|into)|open(s|ing)? the|knock(s|ing)?|touch(es|ing)?|"
        r"grabs?|takes?|picks? up|presses|pours?|hands? (him|her|it|over)|gives?|sets? down|puts? (down|it|"
        r"the))\b"
    ),
    "tie": (
        r"\b(tie(s|d)?|tying|repair(s|ing)?|fix(es|ing)?|writ(es?|ing)|typ(es|ing)|works?|cook(s|ing)|draws?|"
        r"reads?|reading|unwraps?|counts?|stud(ies|ying))\b"
    ),
    "carry": r"\b(carr(y|ies|ying)|drags?|hauls?|in each hand|suitcase in)\b",
    "hold": r"\b(hold(s|ing)?|clutch(es|ing)?|grips?|cradl(es|ing)|drinks?|drinking|eats?|eating|smok(es|ing))\b",
    "phone": r"\b(phone|phones|calls?|on the (tele)?phone|dials?|radio)\b",
    "lean": r"\b(lean(s|ing)?|at the rail|on the rail|looks over|bows? (over|at))\b",
    "drive": r"\b(driv(es?|ing)|at the wheel|behind the wheel|on the wheel|steers?)\b",
    "cover": r"\b(weep(s|ing)?|cr(y|ies|ying)|sob(s|bing)?|covers? (his|her) face|buries (his|her) face)\b",
    "hands-up": r"\b(hands up|surrenders?|raises both hands)\b",
    "crossed": r"\b(crosses (his|her) arms|arms crossed|folds (his|her) arms)\b",
    "turn": (
        r"\b(turn(s|ing|ed)?|spins?|swivels?|whirls?|wheels around|looks? (back|around|over (his|"
        r"her) shoulder)|turns round)\b"
    ),
    "talk": (
        r"\b(talk(s|ing)?|speak(s|ing)?|say(s|ing)?|whisper(s|ing)?|shout(s|ing)?|argu(es?|ing)|tells?|asks?|"
        r"explains?|laugh(s|ing)?|sings?|answers?|begs?|yells?|confess(es)?|mutters?|chat(s|ting)?|"
        r"discuss(es)?|scream(s|ing)?)\b"
    ),
    "nod": r"\b(nod(s|ding)?|shakes? (his|her) head)\b",
    "down": r"\b(looks? down|bows (his|her)? ?head|lowers (his|her) (eyes|head)|stares at the (floor|ground))\b",
    "up": r"\b(looks? up)\b",
    "look": (
        r"\b(look(s|ing)?|star(es?|ing)|watch(es|ing)?|gaz(es?|ing)|glanc(es?|ing)|sees?|peers?|observes?|"
        r"notices?|eyes|smil(es|ing)|understands?|listens?)\b"
    ),
    "stop": r"\b(stop(s|ped)?|halts?|freez(es|ing)|paus(es|ing)|hesitates?|waits?|waiting)\b",
    "stand": r"\b(stand(s|ing)?|stood)\b|立",
}

WAYS = {
    "us": r"\b(toward|towards|at|to) (us|camera|the camera|the lens)\b",
    "away": r"\b(away|off into|into the distance|from us)\b",
    "left": r"\bleft\b",
    "right": r"\bright\b",
    "up": r"\b(up|upstairs)\b",
    "down": r"\b(down|downstairs)\b",
}

TOGETHER = ("embrace", "talk", "look")
PRONOUNS = r"\b(she|he|they|both|we|us)\b"
NUMBERS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "a couple of": 2,
    "several": 3,
    "five": 4,
    "six": 4,
    "a group of": 4,
    "many": 4,
}
_NOUNS = (
    "men|man|women|woman|boys?|girls?|child|children|kid|kids|figures?|people|person|stranger|strangers|soldiers?|guards?|cops?|"
    "officers?|policem[ae]n|driver|waiter|waitress|nurse|doctor|passengers?|couple|lovers|friends|crowd|dancers?|brothers?|"
    "sisters?|mother|father|son|daughter|husband|wife|detective|killer|thief|farmer|sailor|captain|priest|teacher|students?|"
    "bartender|clerk|bride|groom|widow|hunter|king|queen|old man|old woman|lady|gentleman|guy|patient|runner|boxer"
)
_COUNTS = "two|three|four|five|six|several|many|a couple of|a group of"
COMMON_PEOPLE = rf"\b(?:(?P<count>{_COUNTS})\s+)?(?:[a-z]+\s)??(?P<noun>{_NOUNS})\b"
PLURALS = {
    "men",
    "women",
    "boys",
    "girls",
    "children",
    "kids",
    "people",
    "couple",
    "lovers",
    "friends",
    "crowd",
    "figures",
}
PLURALS |= {
    "strangers",
    "soldiers",
    "guards",
    "cops",
    "officers",
    "policemen",
    "passengers",
    "dancers",
    "brothers",
    "sisters",
    "students",
}
_SINGULAR = {
    "men": "man",
    "women": "woman",
    "children": "child",
    "people": "person",
    "policemen": "policeman",
    "couple": "person",
}
_SINGULAR |= {"crowd": "person"}

KIND_OF = dict.fromkeys(
    ("woman", "girl", "lady", "waitress", "mother", "daughter", "sister", "wife", "bride", "widow", "queen", "she"),
    "woman",
)
KIND_OF |= dict.fromkeys(
    ("man", "guy", "father", "son", "brother", "husband", "groom", "king", "gentleman", "policeman", "priest", "he"),
    "man",
)
KIND_OF |= dict.fromkeys(("child", "kid", "boy"), "child") | {"girl": "child", "old woman": "woman", "old man": "man"}

_FILM_WORDS = (
    "INT EXT INSERT CLOSE WIDE SHOT PAN TILT DOLLY DOLLIES TRACK TRACKING TRUCK ZOOM CRANE STATIC HANDHELD CUT FADE "
    "ANGLE HIGH LOW EYE LEVEL MEDIUM LONG EXTREME TWO THREE OVER THE SHOULDER POV PUSH PULL PUSHES PULLS SLOW SLOWLY "
    "UP DOWN LEFT RIGHT IN OUT ON BACK OF TO WITH AND CONTINUOUS LATER SAME DAY NIGHT DAWN DUSK MORNING EVENING SUPER "
    "TITLE TITLES OMITTED DISSOLVE SMASH MATCH MONTAGE BEGIN END FLASHBACK CAMERA FULL MASTER ESTABLISHING DUTCH BIRD "
    "AERIAL DRONE SOUND CREDITS BLACK INTERCUT CONT MOS VFX SFX ECU MCU MWS EWS OTS TIGHT MACRO RAIN SNOW SILENCE "
    "BANG CRASH BOOM NOT THAT ALL CAPS LINE ACTION CHARACTER LIKE THIS THEN"
)
FILM = frozenset(_FILM_WORDS.split())  # fmt: skip

_NAMED = {
    "woman": (
        "INGRID LAYLA MARIA ANNA EMMA SARA SARAH ALICE JANE MARY LUCY KATE NINA ELENA SOFIA CLARA RUTH EVA "
        "LENA MIA ROSE GRACE HELEN JULIA NORA IRIS AMY LISA ELLA MARTA ÉLODIE ELODIE CLAIRE MARIE CHLOÉ "
        "YUKI HANA AIKO FATIMA AMINA MOM MUM GRANDMOTHER"
    ),
    "man": (
        "TOMAS TOM JOHN JACK JAMES PETER PAUL MARK DAVID SAM BEN BOB MAX LEO ADAM KARL HENRY GEORGE CHARLIE "
        "FRANK JOE OSCAR HUGO MICHAEL ALEX DANIEL LUCAS NOAH KENTA KENJI HIRO OMAR ALI HASSAN YUSUF PIERRE "
        "JEAN LUC DAD GRANDFATHER MCTAVISH 健太"
    ),
}
_SMALL_WORDS = (
    "the and with for from into onto out over under toward towards her his their its him she they them this that "
    "these those but not was were are has have had will would can could who what when where then than there here very "
    "only just still again once one two three four all both each other some any until before after between through "
    "across along around about behind beside near past off down left right slowly quickly suddenly quietly softly back "
    "forward away against while like more most never camera shot angle frame nothing something"
)
SMALL = frozenset(_SMALL_WORDS.split())


def singular(noun: str) -> str:
    return _SINGULAR.get(noun, noun[:-1] if noun.endswith("s") and noun in PLURALS else noun)


def is_film_word(name: str) -> bool:
    return all(part in FILM for part in re.split(r"[\s'’]+", name) if part)


def guess_kind(name: str) -> str:
    lowered = name.lower().split(" ")[0]
    if lowered in KIND_OF:
        return KIND_OF[lowered]
    words = set(plain(name).split())
    return next((kind for kind, names in _NAMED.items() if words & set(names.split())), "")


def every_pattern() -> Iterator[str]:
    for table in (TIMES, WEATHERS, PLACES, ROOMS, THINGS, SIZES, ANGLES, MOVES, VERBS, WAYS):
        yield from table.values()
    yield PRONOUNS
    yield COMMON_PEOPLE.replace("(?P<count>", "(?:").replace("(?P<noun>", "(?:")
