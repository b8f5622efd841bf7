"""Four words that two PCs show while one joins the other, so that a person can see that nobody stands between them.

They are 32 bits of a hash of both certificates and both nonces. Whoever stands between has a certificate of its own
towards each side, and would need nonces that give both sides the same words. It cannot look for such: the joining node
commits itself to its nonce before it is told the other's, and shows it after (joining.py). So one try in four thousand
million would do, and each is a try that a person can see.
"""

from __future__ import annotations

import hashlib

from swarmstt.swarm.proofs import Role, Transcript

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


def words_for(transcript: Transcript) -> tuple[str, ...]:
    """The four words of a pairing: the same on both sides, and others for any other pairing."""
    digest = hashlib.sha256(_LABEL + transcript.joining_message(Role.SERVER)).digest()
    return tuple(WORDS[each] for each in digest[:4])
