import ipaddr from 'ipaddr.js';

/** Nets that may be reached although they are private, as CIDR; any port. */
export interface AddressPolicy {
  nets: readonly string[];
  /** The ports that may be reached elsewhere. */
  ports: readonly number[];
}

export const WEB_PORTS: readonly number[] = [80, 443, 8080, 8443];

/** Where public IPv6 addresses are; what else is called unicast is not assigned. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number];

/** A CIDR, or an address, which is a net of one. Null: it is neither. */
const parseNet = (text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | null => {
  try {
    if (text.includes('/')) return ipaddr.parseCIDR(text);
    const address = ipaddr.parse(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch {
    return null;
  }
};

export const isNet = (text: string): boolean => parseNet(text) !== null;

const isWithin = (address: ipaddr.IPv4 | ipaddr.IPv6, text: string): boolean => {
  const net = parseNet(text);
  return net !== null && net[0].kind() === address.kind() && address.match(net);
};

/** Whether an address is in one of these nets. An IPv4 address that comes as IPv6 (`::ffff:…`) is the IPv4 address. */
export const isWithinNets = (address: string, nets: readonly string[]): boolean => {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return nets.some((net) => isWithin(parsed, net));
};

/**
 * Why nothing may be sent to this address and port, or null. Only public addresses are good: not loopback, private or link-local ones, nor
 * those that stand for an IPv4 address (mapped, NAT64, 6to4, Teredo), whose other end may be anywhere.
 * @param address an IPv4 or IPv6 address as a socket or a resolver tells it
 */
export const addressProblem = (address: string, port: number, { nets, ports }: AddressPolicy): string | null => {
  if (!ipaddr.isValid(address)) return `${address} is no address`;
  const parsed = ipaddr.process(address);
  if (nets.some((net) => isWithin(parsed, net))) return null;
  const isPublic = parsed.range() === 'unicast' && (parsed.kind() === 'ipv4' || (parsed as ipaddr.IPv6).match(GLOBAL_IPV6));
  if (!isPublic) return `${address} is not a public address`;
  return ports.includes(port) ? null : `port ${port} is none of ${ports.join(', ')}`;
};

/** The host of an address as a socket takes it: without the brackets of IPv6. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

export const portOf = (url: URL): number => Number(url.port) || (url.protocol === 'https:' ? 443 : 80);

/**
 * Why webhooks cannot go to this URL, or null. All spellings of a literal address (decimal, octal, hexadecimal, short) are one to the URL
 * parser. What a name resolves to is checked when it is connected to, each time.
 */
export const urlProblem = (text: string, policy: AddressPolicy): string | null => {
  if (!URL.canParse(text)) return 'is no URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'begins with https:// or http://';
  if (url.username !== '' || url.password !== '') return 'must hold no user and no password: use a header';
  if (ipaddr.isValid(hostOf(url))) return addressProblem(hostOf(url), portOf(url), policy);
  const anyPort = policy.nets.length > 0 || policy.ports.includes(portOf(url));
  return anyPort ? null : `port ${portOf(url)} is none of ${policy.ports.join(', ')}`;
};
