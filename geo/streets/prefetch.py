"""
Telling the processor what memory will be wanted soon, for loops that know their next steps and would wait for each.

A search over a city's streets finds hardly anything in the processor's nearest cache: the facilities' neighbourhoods
together are larger than that. Whoever asks a dozen steps ahead finds it there.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

READ, KEEP, DATA = 0, 3, 1
"""Arguments of LLVM's prefetch: a read, to be kept in every cache, of data."""


def _write_prefetch(_: Any, array: types.Array, place: types.Integer) -> tuple[Any, Any]:
    """Say what types a prefetch takes, and how it is written as machine code."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        of_array, of_place = signature.args
        made = context.make_array(of_array)(context, builder, values[0])
        index = context.cast(builder, values[1], of_place, types.intp)
        offset = builder.mul(index, cgutils.unpack_tuple(builder, made.strides)[0])
        byte = ir.IntType(8).as_pointer()
        address = builder.gep(builder.bitcast(made.data, byte), [offset])
        word = ir.IntType(32)
        asks = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        function = cgutils.get_or_insert_function(builder.module, asks, "llvm.prefetch.p0i8")
        builder.call(function, [address, word(READ), word(KEEP), word(DATA)])
        return context.get_dummy_value()

    return types.void(array, place), generate


prefetch: Any = intrinsic(_write_prefetch)
"""
`prefetch(array, place)`, from compiled code only: asks for the memory at `array[place]` (the first axis of any array)
without waiting for it. Nothing that could be seen changes. A place beyond the end is no error, and costs a little time.
"""
