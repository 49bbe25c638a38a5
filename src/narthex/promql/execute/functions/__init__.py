"""The functions of the language: how the engine calls them, and where they are registered.

`calling` is the convention, `registry` the two tables by name. Every other module declares a
family of functions as `RangeFunction` or `VectorFunction`. The engine evaluates the arguments,
calls the function, and then removes the metric name where the function does not keep it; a
function does not touch the name otherwise.
"""
