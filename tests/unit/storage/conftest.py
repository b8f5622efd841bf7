from tests.support.blocking import nothing_blocks as nothing_blocks
