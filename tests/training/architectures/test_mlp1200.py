def test_it_takes_both_sizes_one_or_three_channels_and_any_number_of_latents(check):
    check.shapes()


def test_wrong_sizes_and_no_latents_are_refused_with_what_is_accepted(check):
    check.refusals()


def test_it_has_the_published_layers(check):
    hidden = 1200 * 1200 + 1200
    encoder = (4096 * 1200 + 1200) + hidden + (1200 * 20 + 20)
    decoder = (10 * 1200 + 1200) + hidden + (1200 * 4096 + 4096)
    assert check.parameters() == (encoder, decoder)
