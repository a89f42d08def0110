import { describe, expect, test } from 'vitest';
import { addressProblem, isNet, urlProblem, WEB_PORTS } from '../../../../domain/delivery/web-address.ts';

const open = { nets: [], ports: WEB_PORTS };

describe('an address that webhooks may go to', () => {
  test.each(['93.184.216.34', '8.8.8.8', '2606:4700:4700::1111', '::ffff:8.8.8.8'])('%s is public', (address) => {
    expect(addressProblem(address, 443, open)).toBeNull();
  });

  test.each([
    '127.0.0.1',
    '127.8.8.8',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '192.0.0.1',
    '192.0.2.1',
    '240.0.0.1',
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::7f00:1',
    '2002:7f00:1::',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    '2001:db8::1',
    '100::1',
    'fec0::1',
    '4000::1',
    '',
  ])('%s is not', (address) => {
    expect(addressProblem(address, 443, open)).toMatch(/is not a public address|is no address/);
  });

  test('has one of the usual ports', () => {
    expect(addressProblem('8.8.8.8', 22, open)).toBe('port 22 is none of 80, 443, 8080, 8443');
  });

  test('may be in a net that is allowed, at any port, in all spellings', () => {
    const policy = { nets: ['127.0.0.0/8', '10.1.0.0/16', '::1'], ports: WEB_PORTS };
    for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '10.1.255.1', '::1']) expect(addressProblem(address, 3999, policy)).toBeNull();
    for (const address of ['10.2.0.1', '192.168.0.1', '::2']) expect(addressProblem(address, 443, policy)).not.toBeNull();
  });

  test('a net is a CIDR or an address', () => {
    expect(['10.0.0.0/8', '::1', 'fd00::/8', '127.0.0.1'].every(isNet)).toBe(true);
    expect(['', 'localhost', '10.0.0.0/40', '10.0.0.0/'].some(isNet)).toBe(false);
  });
});

describe('the URL of an endpoint', () => {
  test.each(['https://shop.example/hooks?a=b', 'http://shop.example:8080/', 'https://[2606:4700:4700::1111]/', 'https://8.8.8.8/'])(
    '%s may be tried',
    (url) => {
      expect(urlProblem(url, open)).toBeNull();
    },
  );

  test.each([
    ['shop.example/hooks', 'is no URL'],
    ['ftp://shop.example/', 'begins with https:// or http://'],
    ['https://ada:secret@shop.example/', 'must hold no user and no password: use a header'],
    ['https://shop.example:22/', 'port 22 is none of 80, 443, 8080, 8443'],
    ...[
      '127.0.0.1',
      '2130706433',
      '0x7f000001',
      '0177.0.0.1',
      '127.1',
      '127.0.0.1.',
      '0x7f.1',
      '017700000001',
      '%31%32%37.0.0.1',
      '１２７.0.0.1',
    ].map((host) => [`http://${host}/`, '127.0.0.1 is not a public address']),
    ['http://[::1]/', '::1 is not a public address'],
    ['http://[::ffff:127.0.0.1]/', '::ffff:7f00:1 is not a public address'],
    ['http://[64:ff9b::7f00:1]/', '64:ff9b::7f00:1 is not a public address'],
  ])('%s: %s', (url, problem) => {
    expect(urlProblem(url, open)).toBe(problem);
  });
});
