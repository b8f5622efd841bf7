"""Four words that two PCs show while one joins the other, so that a person can see that nobody stands between them.

They are 32 bits of a hash of both certificates and both nonces. A node that stands between has a certificate of its own
towards each side, and would need nonces or certificates that give both sides the same words. It cannot search for them:
the joining node commits itself to its nonce and its certificate before it receives the other's nonce, and shows them
after (joining.py). So it can only guess, and see what came of it.

How often? Towards the open door it has one guess a try. Tries that it breaks off, because the words do not suit it, are
counted (core/membership/tries.py), shown on the page, and shut the door: eight at one opening, each of which it can
hold for the five seconds that the gate gives a stranger. Towards the PC that joins it plays an open door that breaks
off as well, and may do so under many names: at most fifty times a second (node/membership/seeking.py), so 250 times in
those five seconds. Each of 8 words against each of 250 is 2000 pairs in 4,295 million: one chance in two million for
each click on *Add a PC*, if a stranger on the same network does that at the very moment, and the page says that eight
tries were broken off. More words would be read less carefully; four are enough.
"""

from __future__ import annotations

import hashlib

from swarmstt.swarm.trust.proofs import Role, Transcript

_LABEL = b"words"
WORDS = tuple(
    """
acorn amber anchor apple apron arrow autumn badge baker balloon bamboo banjo barley basket beach beaver bell berry
bicycle birch biscuit blanket blossom boat bonnet bottle branch brick bridge broom bucket butter button cabin cactus
camel candle canoe carpet carrot castle cedar cello chalk cherry chimney cider circus clay cliff clock cloud clover
cobweb coffee comet copper coral cotton cradle crane cricket crown cushion daisy dancer desert diamond dolphin
donkey dragon drawer drum eagle ember engine fairy falcon feather fern ferry fiddle flame flute forest fossil
fountain fox galaxy garden garlic gate ginger giraffe glacier glove goblet goose grape gravel guitar hammer hammock
harbour harvest hazel hedgehog helmet heron hippo honey horizon igloo island ivory jacket jaguar jasmine jelly jewel
jigsaw jungle kayak kettle kitten ladder lagoon lantern lark lemon leopard lettuce library lilac lily lizard lobster
locket lotus magnet magpie mango maple marble meadow melon mirror mitten monkey moon moss mountain mushroom needle
nest nettle nutmeg oak oasis ocean olive onion orange orbit orchard otter owl oyster paddle palace panda parrot
pasture peach peanut pebble pelican pencil penguin pepper piano pigeon pillow planet plum pocket pony poppy potato
prairie pumpkin puzzle pyramid quill quilt rabbit radish raft rainbow raven ribbon robin rocket ruby saddle saffron
sailor salmon sandal satchel scarf seagull shell shovel silver skipper sledge snail snow spider spinach spoon
squirrel summer swan teapot thimble thunder tiger timber toast tomato tractor trumpet tulip tunnel turtle umbrella
valley vanilla velvet village violet violin waffle walnut walrus weasel whale whistle willow winter wizard yacht
zebra zipper
""".split()  # noqa: SIM905 # read as words
)


def pairing_words(transcript: Transcript) -> tuple[str, ...]:
    """Returns the four words of a pairing: the same on both sides, and others for any other pairing."""
    digest = hashlib.sha256(_LABEL + transcript.joining_message(Role.SERVER)).digest()
    return tuple(WORDS[each] for each in digest[:4])
