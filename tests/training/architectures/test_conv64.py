def test_it_takes_both_sizes_one_or_three_channels_and_any_number_of_latents(check):
    check.shapes()


def test_wrong_sizes_and_no_latents_are_refused_with_what_is_accepted(check):
    check.refusals()


def test_it_has_the_published_layers(check):
    encoder = (16 * 1 * 32 + 32) + (16 * 32 * 32 + 32) + (16 * 32 * 64 + 64) + (16 * 64 * 64 + 64)
    encoder += (1024 * 256 + 256) + (256 * 20 + 20)
    decoder = (10 * 256 + 256) + (256 * 1024 + 1024)
    decoder += (16 * 64 * 64 + 64) + (16 * 64 * 32 + 32) + (16 * 32 * 32 + 32) + (16 * 32 * 1 + 1)
    assert check.parameters() == (encoder, decoder)
