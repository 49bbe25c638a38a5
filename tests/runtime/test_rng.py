"""Seeds: the same where they should be, different where they must be."""

from narthex.runtime.rng import process_seed, stable_seed


def test_a_stable_seed_is_the_texts_own_in_every_process() -> None:
    assert stable_seed("host[('region', 'eu')]") == 0x33108D2E2891790F
    assert stable_seed("host[('region', 'us')]") != stable_seed("host[('region', 'eu')]")


def test_process_seeds_differ() -> None:
    assert process_seed() != process_seed()
