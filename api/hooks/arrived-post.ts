import type { SignedPost } from '../../domain/webhook/signature/provider.ts';

/** A post, and from where it came. */
export interface ArrivedPost extends SignedPost {
  address: string;
}
