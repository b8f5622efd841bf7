from tests.support.blocking import nothing_blocks as nothing_blocks
from tests.support.mutations import file as file
