import numpy as np

from training.data.formats.noise import generators

INDICES = np.array([3, 0, 3, 737_279, 2**40])


def drawn(seed: int, indices: np.ndarray) -> np.ndarray:
    return np.array([np.append(rng.random(7), rng.integers(0, 256, 5, np.uint8)) for rng in generators(seed, indices)])


def test_each_image_has_the_stream_of_a_philox_generator_with_seed_and_index_as_key():
    expected = []
    for index in INDICES:
        rng = np.random.Generator(np.random.Philox(key=[11, int(index)]))
        expected.append(np.append(rng.random(7), rng.integers(0, 256, 5, np.uint8)))
    assert np.array_equal(drawn(11, INDICES), np.array(expected))


def test_a_stream_does_not_depend_on_what_was_drawn_before():
    half_used = [rng.integers(0, 256, 3, np.uint8) for rng in generators(5, INDICES)]
    again = [rng.integers(0, 256, 3, np.uint8) for rng in generators(5, INDICES[::-1])][::-1]
    assert np.array_equal(half_used, again)


def test_seeds_and_images_differ():
    assert len(np.unique(drawn(1, np.arange(100)), axis=0)) == 100
    assert not np.array_equal(drawn(1, INDICES), drawn(2, INDICES))
