from torch import nn


def test_it_takes_both_sizes_one_or_three_channels_and_any_number_of_latents(check):
    check.shapes()


def test_wrong_sizes_and_no_latents_are_refused_with_what_is_accepted(check):
    check.refusals()


def test_it_has_the_published_layers(check):
    encoder = (16 * 1 * 32 + 32) + (16 * 32 * 32 + 32) + (16 * 32 * 64 + 64) + (16 * 64 * 64 + 64)
    encoder += (16 * 64 * 32 + 32) + (32 * 20 + 20)
    decoder = (10 * 256 + 256) + (16 * 256 * 64 + 64) + (16 * 64 * 64 + 64)
    decoder += (16 * 64 * 32 + 32) + (16 * 32 * 32 + 32) + (16 * 32 * 3 + 3) + (16 * 3 * 1 + 1)
    assert check.parameters() == (encoder, decoder)


def test_larger_images_pass_one_more_level_of_64_channels(check):
    small, large = (sum(p.numel() for p in check.build((side, side, 1), 10)[0].parameters()) for side in (64, 128))
    assert large - small == 16 * 64 * 64 + 64


def test_the_decoder_is_the_tables_six_transposed_convolutions_of_stride_two(check):
    _, decoder = check.build((64, 64, 3), 7)
    layers = [layer for layer in decoder if isinstance(layer, nn.ConvTranspose2d)]
    assert [layer.out_channels for layer in layers] == [64, 64, 32, 32, 3, 3]
    assert {layer.stride for layer in layers} == {(2, 2)}
