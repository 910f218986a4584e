import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An authority of its own, and what it has signed, as paths of PEM files. */
export interface Certificates {
  directory: string;
  authority: string;
  server: { certificate: string; key: string };
  /** A server's whose time is over. */
  expired: { certificate: string; key: string };
  /** A server's for another name. */
  wrongName: { certificate: string; key: string };
  /** A server's that is signed by SHA-1. */
  weak: { certificate: string; key: string };
  /** A server's by no authority. */
  selfSigned: { certificate: string; key: string };
  client: { certificate: string; key: string };
}

/** Made by openssl. Remove the directory afterwards. @param names of the server @param otherName of the one for another name */
export async function makeCertificates(
  names = 'DNS:localhost,IP:127.0.0.1',
  otherName = 'DNS:other.example',
): Promise<Certificates> {
  const directory = await mkdtemp(join(tmpdir(), 'certificates-'));
  const file = (name: string) => join(directory, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const authority = ['-x509', '-subj', '/CN=authority', '-keyout', file('ca.key'), '-out', file('ca.pem')];
  await run('openssl', ['req', ...newKey, ...authority]);
  const sign = async (name: string, names: string, ...more: string[]) => {
    const [certificate, key] = [file(`${name}.pem`), file(`${name}.key`)];
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`];
    const signed = ['-x509', '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-addext', 'basicConstraints=CA:FALSE'];
    await run('openssl', ['req', ...newKey, ...signed, ...subject, '-keyout', key, '-out', certificate, ...more]);
    return { certificate, key };
  };
  const [server, client] = [await sign('server', names), await sign('client', names)];
  const [expired, wrongName] = [await sign('expired', names), await sign('wrong-name', otherName)];
  const weak = await sign('weak', names, '-sha1');
  await expire(directory, expired.certificate, names);
  const selfSigned = { certificate: file('self-signed.pem'), key: file('self-signed.key') };
  const itself = ['-x509', '-subj', '/CN=self-signed', '-addext', `subjectAltName=${names}`];
  await run('openssl', ['req', ...newKey, ...itself, '-keyout', selfSigned.key, '-out', selfSigned.certificate]);
  return { directory, authority: file('ca.pem'), server, expired, wrongName, weak, selfSigned, client };
}

/** Signs a certificate again, for a time that is over: of openssl's commands only `ca` takes dates. */
async function expire(directory: string, certificate: string, alternatives: string): Promise<void> {
  const file = (name: string) => join(directory, name);
  const names = ['[ca]', `database = ${file('index.txt')}`, `new_certs_dir = ${directory}`, 'policy = policy'];
  const rest = ['default_md = sha256', 'rand_serial = yes', '[policy]', 'commonName = supplied', '[extensions]'];
  await writeFile(file('ca.cnf'), [...names, ...rest, `subjectAltName = ${alternatives}`, ''].join('\n'));
  await writeFile(file('index.txt'), '');
  const authority = ['-config', file('ca.cnf'), '-name', 'ca', '-cert', file('ca.pem'), '-keyfile', file('ca.key')];
  const dates = ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z'];
  const csr = file('expired.csr');
  const key = ['-key', certificate.replace(/pem$/, 'key'), '-subj', '/CN=expired'];
  await run('openssl', ['req', '-new', ...key, '-out', csr]);
  const signed = ['-batch', '-notext', '-extensions', 'extensions', '-in', csr, '-out', certificate];
  await run('openssl', ['ca', ...authority, ...dates, ...signed]);
}

export async function removeCertificates({ directory }: Certificates): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}
