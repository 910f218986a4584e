/**
 * Every conversion names what it is for, or throws. The exception is the SDK's own: it converts input and result of a Nexus
 * operation without a context, and hands a result from the namespace of the exports to that of the caller.
 */
function requireContext(context, what) {
  if (context === undefined && !isNexusOfTheSdk()) {
    throw new Error(`${what} without its serialization context`);
  }
  return context ?? { type: 'nexus' };
}

function isNexusOfTheSdk() {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 50;
  const { stack } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return /@temporalio[/\\](worker[/\\](lib|src)[/\\]nexus|workflow[/\\](lib|src)[/\\]nexus)[/\\.]/.test(stack);
}

exports.requireContext = requireContext;
