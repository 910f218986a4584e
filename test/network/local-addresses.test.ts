import { expect, test } from 'vitest';
import { isLocal, isLoopback } from '../../src/network/local-addresses';

test.each(['localhost', 'LOCALHOST.', 'bucket.obs.localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])(
  '%s is the loopback',
  (hostname) => {
    expect([isLoopback(hostname), isLocal(hostname)]).toEqual([true, true]);
  },
);

test.each(['169.254.169.254', 'fe80::1', '[fe80::1]'])('%s is on the own link', (hostname) => {
  expect([isLoopback(hostname), isLocal(hostname)]).toEqual([false, true]);
});

test.each(['localhost.example', 'notlocalhost', '10.0.0.1', '128.0.0.1', '169.255.0.1', 'fec0::1', '', '0.0.0.0'])(
  '%j is neither',
  (hostname) => {
    expect([isLoopback(hostname), isLocal(hostname)]).toEqual([false, false]);
  },
);
