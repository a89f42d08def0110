import type { z } from 'zod';

/** A post as it arrived, byte for byte. Header names are lower case. */
export interface SignedPost {
  method: string;
  /** The whole address that was posted to, as the sender knows it. */
  url: string;
  headers: Record<string, string | undefined>;
  body: Uint8Array;
}

/** Either who it is, or why not, in words for the person who set the source up. */
export type Verification = { genuine: true; eventId: string } | { genuine: false; reason: string };

/** How one kind of sender signs its posts: one provider to a file, collected in registry.ts. */
export interface WebhookProvider<S extends z.ZodType = z.ZodType> {
  /** As it stands in `source.provider`. */
  name: string;
  title: string;
  /** What must be known about a source besides its secret. */
  settings: S;
  /** What is wrong with a secret that a person brings, or null. */
  secretProblem: (secret: string) => string | null;
  /** A secret made of 32 random bytes, in the form that this provider's senders take. */
  newSecret: (random: Uint8Array) => string;
  /**
   * Whether one of these secrets signed the post, and within the allowed time.
   * @param now milliseconds since 1970
   */
  verify: (post: SignedPost, secrets: string[], settings: z.output<S>, now: number) => Verification;
}

/** Keeps the type of a provider's settings together with its functions; the registry treats all alike. */
export const provider = <S extends z.ZodType>(definition: WebhookProvider<S>): WebhookProvider => ({
  ...definition,
  // A source's settings were read by `settings` before they come here.
  verify: (post, secrets, settings, now) => definition.verify(post, secrets, settings as z.output<S>, now),
});
