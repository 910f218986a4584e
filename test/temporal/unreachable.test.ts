import { ServiceError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../src/dev-server/free-port';
import { isNotFound, isRefused, noConnection, textOf } from '../../src/temporal/unreachable';

const grpc = (code: number, details: string) =>
  Object.assign(new Error(`${code} ERROR: ${details}`), { code, details });

describe('what keeps us from Temporal', () => {
  it.each([7, 16])('is a server that refuses, by the gRPC status %i, with what it said', async (code) => {
    const error = await noConnection('temporal:7233', { tls: null, checkCertificate: true }, grpc(code, 'bad key'));
    expect(error).toMatchObject({
      code: 'TemporalUnreachable',
      message: expect.stringMatching(
        /^The Temporal server at temporal:7233 refuses access \(bad key\)\. Check TEMPORAL_API_KEY/,
      ),
    });
  });

  it('is that nobody answers: why, and what to start', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const error = await noConnection(address, { tls: null, checkCertificate: true }, new Error('timed out'));
    expect(error.message).toMatch(/\(.*ECONNREFUSED.*\)\. Start one with `ims-export temporal server start-dev`/);
  });

  it('is, with TLS, perhaps its certificates', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const error = await noConnection(address, { tls: true, checkCertificate: true }, new Error('timed out'));
    expect(error.message).toContain('Check TEMPORAL_ADDRESS and the certificates (TEMPORAL_TLS_*)');
  });

  it('is read through the wrapping of the client', () => {
    const wrapped = new ServiceError('failed', { cause: grpc(5, 'no such namespace') });
    expect([isNotFound(wrapped), isRefused(wrapped), textOf(wrapped)]).toEqual([true, true, 'no such namespace']);
    expect(isRefused(grpc(14, 'away'))).toBe(false);
  });
});
