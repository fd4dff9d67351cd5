"""The vocabulary: which words of a prompt choose the place, its colours, weather, subjects and pace.

Words are singular and lower case; `scene.py` reduces a prompt's words to that form. Words that are not listed
here count as well: they go into the seed.
"""


def _index(text: str) -> dict[str, str]:
    """Turn lines of "meaning: word word" into {"word": "meaning"}; an indented line continues the last."""
    meanings: dict[str, str] = {}
    meaning = ""
    for row in text.strip().splitlines():
        head, colon, words = row.partition(":")
        meaning = head if colon else meaning
        meanings.update(dict.fromkeys((words or row).split(), meaning))
    return meanings


PLACES = _index("""
coast: ocean sea beach coast wave surf surfer island shore bay lake river harbor harbour boat sailboat
    ship sail lighthouse dolphin tide lagoon pier sailor yacht waterfall fjord regatta
peaks: mountain alp peak summit cliff canyon himalaya glacier volcano ridge climber eagle hiker everest
    dragon castle valley balloon
forest: forest wood tree pine jungle deer fox wolf bear owl rainforest woodland fern trail cabin squirrel
    elf campfire moss
dunes: desert dune sahara sand camel cactus mars pyramid oasis savanna savannah lion elephant giraffe
meadow: meadow field flower garden grass spring farm horse sheep butterfly tulip sunflower lavender hill
    park dog puppy rabbit cow bee picnic orchard village windmill countryside
city: city street skyline skyscraper tokyo london paris manhattan urban building car traffic taxi neon
    cyberpunk downtown bridge train robot rooftop metropolis subway market cafe office
cosmos: space galaxy planet nebula astronaut cosmos universe rocket orbit saturn comet alien spaceship
    interstellar asteroid constellation
deep: underwater reef coral fish whale shark jellyfish submarine diver octopus seabed mermaid turtle
    aquarium
""")

VAGUE_PLACES = _index("""
peaks: sky cloud moon star night aurora northern bird fog mist sunset sunrise dawn dusk storm rainbow snow
    winter
meadow: sun summer rain petal blossom kite child autumn leaf
city: party concert dance crowd
""")
"""Count only when no word of PLACES names a place."""

TIMES = _index("""
sunset: sunset dusk evening twilight hour
dawn: dawn sunrise morning
day: noon midday daylight sunny day
night: night midnight nighttime moon moonlight moonlit star starry starlight
aurora: aurora borealis northern
neon: neon cyberpunk synthwave vaporwave
autumn: autumn october maple
winter: winter snow snowy ice frozen arctic glacier blizzard
candy: pastel candy dreamy cotton fairytale cute blossom cherry sakura
ember: fire flame lava volcano ember inferno burning campfire
gold: gold luxury opulent brass
storm: storm stormy thunderstorm thunder lightning tempest tornado hurricane
mono: monochrome noir grayscale greyscale bw
""")
"""Words that name a palette; they take precedence over the place."""

PLACE_PALETTES = {
    "coast": "ocean",
    "peaks": "dawn",
    "forest": "forest",
    "dunes": "desert",
    "meadow": "meadow",
    "city": "night",
    "cosmos": "night",
    "deep": "deep",
}

HUES = {
    "red": 27,
    "crimson": 20,
    "scarlet": 28,
    "orange": 58,
    "amber": 75,
    "yellow": 102,
    "lemon": 105,
    "lime": 128,
    "green": 145,
    "emerald": 160,
    "mint": 168,
    "teal": 190,
    "turquoise": 195,
    "cyan": 205,
    "azure": 240,
    "blue": 258,
    "indigo": 278,
    "violet": 298,
    "purple": 308,
    "magenta": 330,
    "pink": 352,
    "rose": 5,
    "warm": 62,
    "warmer": 62,
    "cool": 240,
    "cooler": 240,
    "cold": 240,
}
"""Colour words, in degrees on OKLab's circle."""

WEATHER = _index("""
rain: rain rainy raining drizzle storm thunderstorm downpour monsoon umbrella wet
snow: snow snowy snowfall snowing winter blizzard christmas
mist: fog foggy mist misty haze hazy smoke steam
fireflies: firefly magic magical fairy enchanted glowing lantern candle
petals: petal blossom sakura cherry spring flower rose wedding romantic
leaves: leaf leave autumn october maple
embers: fire flame ember volcano lava campfire spark explosion dragon
bubbles: bubble soap champagne underwater coral fish reef diver
confetti: confetti party celebration festival birthday carnival
aurora: aurora borealis northern
stars: star starry starlight night midnight cosmos
""")

SUBJECTS = _index("""
birds: bird seagull gull crane swallow goose flock eagle dove pigeon raven
boat: boat sailboat sail sailing ship yacht sailor fisherman regatta
balloons: balloon airship zeppelin
fish: fish reef shark coral aquarium diver
""")

TEMPOS = {"slow": 0.55, "fast": 1.9, "racing": 3.2}

PACES = _index("""
slow: slow slowly calm gentle peaceful quiet serene still relaxing dreamy drifting lazy slowmotion
fast: fast quick quickly speeding rushing running energetic dynamic rapid chase wild storm
racing: racing timelapse hyperlapse lapse
""")

DRIFTS = {"left": 1, "right": -1}
"""A camera that goes left sees the world move right."""
