import type { PayloadCodec } from '@temporalio/common';

/** The codec of a namespace whose key can get lost. */
export interface LostKey {
  /** Encrypts the results of exports and the job ids of their memos. */
  codec: PayloadCodec;
  /** Nothing that it has encrypted is decoded during the action. */
  without<T>(action: () => Promise<T>): Promise<T>;
}

export function keyToLose(): LostKey {
  let isLost = false;
  return {
    codec: {
      encode: async (payloads) =>
        payloads.map((payload) => {
          const text = Buffer.from(payload.data ?? []).toString();
          const isSecret = text.includes('"confirmed":') || /^"[0-9a-f]{32}"$/.test(text);
          return isSecret ? { ...payload, metadata: { ...payload.metadata, key: Buffer.from('lost') } } : payload;
        }),
      decode: async (payloads) =>
        payloads.map((payload) => {
          if (isLost && payload.metadata?.key) throw new Error('the key is not there any more');
          return payload;
        }),
    },
    without: async (action) => {
      isLost = true;
      try {
        return await action();
      } finally {
        isLost = false;
      }
    },
  };
}
