def test_it_takes_both_sizes_one_or_three_channels_and_any_number_of_latents(check):
    check.shapes()


def test_wrong_sizes_and_no_latents_are_refused_with_what_is_accepted(check):
    check.refusals()


def test_it_has_the_published_layers(check):
    encoder = (16 * 1 * 32 + 32) + (16 * 32 * 64 + 64) + (16 * 64 * 128 + 128) + (16 * 128 * 256 + 256)
    encoder += (16 * 256 * 256 + 256) + 2 * (256 * 10 + 10)
    decoder = (10 * 256 + 256) + (16 * 256 * 256 + 256)
    decoder += (16 * 256 * 128 + 128) + (16 * 128 * 64 + 64) + (16 * 64 * 32 + 32) + (16 * 32 * 1 + 1)
    assert check.parameters() == (encoder, decoder)


def test_no_layer_is_fully_connected(check):
    modules = [module for half in check.build((64, 64, 1), 10) for module in half]
    assert {type(m).__name__ for m in modules} <= {
        *("Conv2d", "ConvTranspose2d", "ReLU", "Flatten", "Unflatten", "GaussianHead")
    }
