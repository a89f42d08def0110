import { createHmac, timingSafeEqual } from 'node:crypto';

/** Which endpoint a portal link opens, and until when (milliseconds since 1970). */
export interface PortalAccess {
  projectId: string;
  endpointId: string;
  until: number;
}

const MAC_BYTES = 32;

const mac = (key: Buffer, body: string): Buffer => createHmac('sha256', key).update('webhook portal\n').update(body).digest();

/** A token that opens one endpoint without a login, until its time is over; only who has the key can make one. */
export const signPortalAccess = (key: Buffer, { projectId, endpointId, until }: PortalAccess): string => {
  const body = Buffer.from(JSON.stringify([projectId, endpointId, until])).toString('base64url');
  return `${body}.${mac(key, body).toString('base64url')}`;
};

/** @returns null where the token was not made with this key, or its time is over */
export const readPortalAccess = (key: Buffer, token: string, now: number): PortalAccess | null => {
  const [body, signature, ...rest] = token.split('.');
  if (!body || !signature || rest.length > 0) return null;
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== MAC_BYTES || !timingSafeEqual(given, mac(key, body))) return null;
  const [projectId, endpointId, until] = JSON.parse(Buffer.from(body, 'base64url').toString()) as [string, string, number];
  return until > now ? { projectId, endpointId, until } : null;
};
