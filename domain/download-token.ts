import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a link downloads, and until when (milliseconds since 1970). */
export interface Download {
  projectId: string;
  id: string;
  until: number;
}

const mac = (key: Buffer, body: string): Buffer => createHmac('sha256', key).update('download\n').update(body).digest();

/** A token for a link that needs no key: only who has the signing key can make one. */
export const signDownload = (key: Buffer, { projectId, id, until }: Download): string => {
  const body = Buffer.from(JSON.stringify([projectId, id, until])).toString('base64url');
  return `${body}.${mac(key, body).toString('base64url')}`;
};

/** @returns null where the token was not made with this key, or has ended */
export const readDownload = (key: Buffer, token: string, now: number): Download | null => {
  const [body, signature, ...rest] = token.split('.');
  if (!body || !signature || rest.length > 0) return null;
  const given = Buffer.from(signature, 'base64url');
  const right = mac(key, body);
  if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
  const [projectId, id, until] = JSON.parse(Buffer.from(body, 'base64url').toString()) as [string, string, number];
  return until > now ? { projectId, id, until } : null;
};
