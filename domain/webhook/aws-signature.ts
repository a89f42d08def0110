import { createHash, createHmac } from 'node:crypto';

/** Who signs, for which service of Amazon's. */
export interface AwsSigner {
  access_key_id: string;
  secret_access_key: string;
  /** With keys that are lent for a while. */
  session_token: string | null;
  /** Such as `eu-central-1`. */
  region: string;
  /** Such as `ses`. */
  service: string;
}

/** What is signed: the body, and these headers beside the host and the time. */
export interface AwsRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text, 'utf8').digest();

/** All but letters, digits and `-._~` as percent and two hexadecimal digits (RFC 3986). */
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** What stands in an address is encoded already, and all services but S3 encode it once more. */
const canonicalPath = ({ pathname }: URL): string =>
  pathname
    .replaceAll(/\/{2,}/g, '/')
    .split('/')
    .map(encode)
    .join('/');

const canonicalQuery = ({ searchParams }: URL): string =>
  [...searchParams]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .toSorted(([a, first], [b, second]) => (a === b ? (first < second ? -1 : Number(first > second)) : a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

/**
 * The headers that sign a request to Amazon: `x-amz-date`, `authorization` and, with a session token, `x-amz-security-token`
 * (Signature Version 4, "Create a signed AWS API request" in the IAM User Guide).
 * @param now of Amazon's clock, give or take five minutes
 */
export const awsHeaders = (signer: AwsSigner, { method, url, headers, body }: AwsRequest, now: Date): Record<string, string> => {
  const time = now.toISOString().replaceAll(/[:-]|\.\d{3}/g, '');
  const added = { 'x-amz-date': time, ...(signer.session_token !== null && { 'x-amz-security-token': signer.session_token }) };
  const signed = Object.entries({ ...headers, ...added, host: url.host })
    .map(([name, value]) => [name.toLowerCase(), value.trim().replaceAll(/ +/g, ' ')] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('');
  const canonical = [method, canonicalPath(url), canonicalQuery(url), lines, names, sha256(body)].join('\n');
  const scope = [time.slice(0, 8), signer.region, signer.service, 'aws4_request'];
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${signer.secret_access_key}`);
  const signature = hmac(key, [ALGORITHM, time, scope.join('/'), sha256(canonical)].join('\n')).toString('hex');
  const credential = `${signer.access_key_id}/${scope.join('/')}`;
  return { ...added, authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}` };
};
