import type { z } from 'zod';

/** A post as it arrived, byte for byte. Header names are lower case. */
export interface SignedPost {
  method: string;
  /** The whole address that was posted to, as the sender knows it. */
  url: string;
  headers: Record<string, string | undefined>;
  body: Uint8Array;
}

/**
 * Either who it is, or why not, in words for the person who set the source up. A handshake proves nothing and changes nothing, but its
 * sender wants a 2xx: it is answered so, and kept with what was refused.
 */
export type Verification = { genuine: true; eventId: string } | { genuine: false; reason: string; handshake?: true };

/** How one kind of sender signs its posts: one provider to a file, collected in registry.ts. */
export interface WebhookProvider<S extends z.ZodType = z.ZodType> {
  /** As it stands in `source.provider`. */
  name: string;
  title: string;
  /** What to do on the sender's side, and where its secret comes from. */
  setup: string;
  /** What must be known about a source besides its secret. */
  settings: S;
  /** What is wrong with a secret that a person brings, or null. */
  secretProblem: (secret: string) => string | null;
  /** A secret made of 32 random bytes, in the form that this provider's senders take. Where they insist on their own, it holds the place. */
  newSecret: (random: Uint8Array) => string;
  /**
   * Whether one of these secrets signed the post, and within the allowed time.
   * @param now milliseconds since 1970
   * @param certificate what `certificateUrl` names, in PEM
   */
  verify: (post: SignedPost, secrets: string[], settings: z.output<S>, now: number, certificate?: string) => Verification;
  /** Where the certificate is that the post was signed with, for senders who name it; null: at no place that can be trusted. */
  certificateUrl?: (post: SignedPost, settings: z.output<S>) => string | null;
  /** What a sender wants to be fetched before it posts events, of a genuine post; null: this post is none of those. */
  confirmationUrl?: (post: SignedPost) => string | null;
  /** Headers that carry the secret itself under these settings: they are not kept. Lower case. */
  credentialHeaders?: (settings: z.output<S>) => string[];
  /** Whether the secret is a part of the address (`?key=…`), for senders who can prove themselves in no other way. */
  secretInUrl?: true;
  /** The payload as mappings see it, for bodies that are not plain JSON. Throws an Error that says what is wrong. */
  payload?: (body: Uint8Array) => unknown;
  /** What the sender wants to read in a 200, instead of our JSON. */
  acknowledgement?: { contentType: string; text: string };
}

/** Keeps the type of a provider's settings together with its functions; the registry treats all alike. */
export const provider = <S extends z.ZodType>({
  verify,
  certificateUrl,
  credentialHeaders,
  ...definition
}: WebhookProvider<S>): WebhookProvider => ({
  ...definition,
  // A source's settings were read by `settings` before they come here.
  verify: (post, secrets, settings, now, certificate) => verify(post, secrets, settings as z.output<S>, now, certificate),
  ...(certificateUrl && { certificateUrl: (post: SignedPost, settings: unknown) => certificateUrl(post, settings as z.output<S>) }),
  ...(credentialHeaders && { credentialHeaders: (settings: unknown) => credentialHeaders(settings as z.output<S>) }),
});

/** A secret of random bytes in hex, which any sender takes. */
export const hexSecret = (random: Uint8Array): string => Buffer.from(random).toString('hex');
