from torch import nn


def test_it_takes_both_sizes_one_or_three_channels_and_any_number_of_latents(check):
    check.shapes()


def test_wrong_sizes_and_no_latents_are_refused_with_what_is_accepted(check):
    check.refusals()


def test_it_has_the_layers_of_the_reference_library(check):
    encoder = (16 * 1 * 32 + 32) + (16 * 32 * 32 + 32) + (4 * 32 * 64 + 64) + (4 * 64 * 64 + 64)
    encoder += (1024 * 256 + 256) + (256 * 20 + 20)
    decoder = (10 * 256 + 256) + (256 * 1024 + 1024)
    decoder += (16 * 64 * 64 + 64) + (16 * 64 * 32 + 32) + (16 * 32 * 32 + 32) + (16 * 32 * 1 + 1)
    assert check.parameters() == (encoder, decoder)


def test_the_third_and_fourth_convolution_are_two_by_two(check):
    encoder, _ = check.build((64, 64, 3), 10)
    assert [layer.kernel_size for layer in encoder if isinstance(layer, nn.Conv2d)] == [(4, 4), (4, 4), (2, 2), (2, 2)]
