import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import proxyAddr from 'proxy-addr';

/**
 * Who sent a request: the address of the connection or, behind proxies that are trusted, the one that the first of them saw
 * (X-Forwarded-For).
 * @param trusted nets of our own proxies, such as 10.0.0.0/8
 */
export const createClientAddress = (trusted: readonly string[]): ((req: IncomingMessage) => string) => {
  const isTrusted = proxyAddr.compile([...trusted]);
  return (req) => proxyAddr(req, isTrusted);
};

/** Whoever has one IPv6 address has the 2^64 beside it. */
const IPV6_PREFIX = 64;

/** An address as limits count it: of an IPv6 address its /64. */
export const networkOf = (address: string): string => {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${IPV6_PREFIX}`).toString();
};
