import { hkdfSync } from 'node:crypto';
import type { ServiceConfiguration } from './configuration.ts';

/** A key for one purpose, so that no two purposes share one. */
const derivedKey = (secretKey: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secretKey, '', `couponry ${purpose}`, 32));

export const linksOf = ({ publicUrl, secretKey }: ServiceConfiguration) => ({ publicUrl, key: derivedKey(secretKey, 'links in mails') });

export const downloadsOf = ({ publicUrl, secretKey }: ServiceConfiguration) => ({
  publicUrl,
  key: derivedKey(secretKey, 'downloads of exports'),
});

export const portalOf = ({ publicUrl, secretKey }: ServiceConfiguration) => ({
  publicUrl,
  key: derivedKey(secretKey, 'links to the webhook portal'),
});
