import { describe, expect, test } from 'vitest';
import { awsHeaders, type AwsRequest, type AwsSigner } from '../../../../domain/webhook/aws-signature.ts';

/** The keys and the moment of Amazon's test suite for Signature Version 4. */
const signer: AwsSigner = {
  access_key_id: 'AKIDEXAMPLE',
  secret_access_key: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  session_token: null,
  region: 'us-east-1',
  service: 'service',
};
const at = new Date('2015-08-30T12:36:00Z');
const token =
  'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';

const request = (method: string, path: string, more: Partial<AwsRequest> = {}): AwsRequest => ({
  method,
  url: new URL(path, 'https://example.amazonaws.com'),
  headers: {},
  body: '',
  ...more,
});

const form = { headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'Param1=value1' };

describe('Amazon’s test suite for Signature Version 4', () => {
  test.each<[string, AwsRequest, string, string]>([
    ['get-vanilla', request('GET', '/'), 'host;x-amz-date', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-vanilla-query-order-key-case',
      request('GET', '/?Param2=value2&Param1=value1'),
      'host;x-amz-date',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    ['post-vanilla', request('POST', '/'), 'host;x-amz-date', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'post-x-www-form-urlencoded',
      request('POST', '/', form),
      'content-type;host;x-amz-date',
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
    [
      'post-header-key-sort',
      request('POST', '/', { headers: { 'My-Header1': 'value1' } }),
      'host;my-header1;x-amz-date',
      'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
    ],
  ])('%s', (_, given, names, signature) => {
    expect(awsHeaders(signer, given, at)).toEqual({
      'x-amz-date': '20150830T123600Z',
      authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${names}, Signature=${signature}`,
    });
  });

  test('post-sts-header-before, whose session token is signed too', () => {
    const headers = awsHeaders({ ...signer, session_token: token }, request('POST', '/'), at);
    expect(headers['x-amz-security-token']).toBe(token);
    expect(headers['authorization']).toMatch(
      /SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead$/,
    );
  });
});

test('a path is encoded once more than it stands in the address, and what is doubled in it counts once', () => {
  const signatureOf = (path: string) => awsHeaders(signer, request('POST', path), at)['authorization'];
  expect(signatureOf('/a//b')).toBe(signatureOf('/a/b'));
  expect(signatureOf('/a%20b')).not.toBe(signatureOf('/a%2520b'));
});
