import { describe, expect, it } from 'vitest';
import { decodeOperationToken, encodeOperationToken, type OperationToken } from '../../src/nexus/operation-token';

const token: OperationToken = {
  namespace: 'exports',
  workflowId: 'ims-export:ims-image:exporte/größe.qcow2',
  firstRunId: '01f0c3b2',
  cancelExport: true,
};

const encoded = (fields: unknown) => Buffer.from(JSON.stringify(fields)).toString('base64url');

describe('the Nexus operation token', () => {
  it('carries what a cancel needs to know', () => {
    expect(decodeOperationToken(encodeOperationToken(token))).toEqual(token);
    const detaching = { ...token, cancelExport: false };
    expect(decodeOperationToken(encodeOperationToken(detaching))).toEqual(detaching);
  });

  it('fits into a header, and reads as the token of a workflow', () => {
    const text = encodeOperationToken(token);
    expect(text).toMatch(/^[\w-]+$/);
    const fields = JSON.parse(Buffer.from(text, 'base64url').toString());
    expect(fields).toMatchObject({ t: 1, ns: token.namespace, wid: token.workflowId });
  });

  it.each([
    ['nothing', ''],
    ['not JSON', 'bm9uZQ'],
    ['JSON that is not an object', encoded(null)],
    ['the token of an activity', encoded({ t: 2, ns: 'exports', aid: 'a', rid: 'r' })],
    ['a token of another service', encoded({ t: 1, ns: 'exports', wid: 'w' })],
    ['a token without a run', encoded({ t: 1, ns: 'exports', wid: 'w', cancelExport: true })],
  ])('is rejected when it is %s', (_what, text) => {
    expect(decodeOperationToken(text)).toBeUndefined();
  });
});
