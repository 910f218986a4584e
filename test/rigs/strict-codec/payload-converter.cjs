const { defaultPayloadConverter } = require('@temporalio/common');
const { requireContext } = require('./serialization-context.cjs');

/** The default one, with contexts alone. */
exports.payloadConverter = {
  toPayload(value, context) {
    requireContext(context, 'a value was converted');
    return defaultPayloadConverter.toPayload(value, context);
  },
  fromPayload(payload, context) {
    requireContext(context, 'a payload was converted');
    return defaultPayloadConverter.fromPayload(payload, context);
  },
};
