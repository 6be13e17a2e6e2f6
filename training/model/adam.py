"""Adam without the compiler of torch."""

import inspect

import torch


class Adam(torch.optim.Adam):
    """`torch.optim.Adam`, whose decorated methods import `torch._dynamo` at their first call: 2 CPU s of each process.

    These are the same functions without those decorators, which matter only to a program that compiles the optimiser.
    """

    add_param_group = inspect.unwrap(torch.optim.Adam.add_param_group)
    zero_grad = inspect.unwrap(torch.optim.Adam.zero_grad)
    state_dict = inspect.unwrap(torch.optim.Adam.state_dict)
    load_state_dict = inspect.unwrap(torch.optim.Adam.load_state_dict)
    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))
