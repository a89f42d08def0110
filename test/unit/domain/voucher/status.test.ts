import { expect, test } from 'vitest';
import { walletStatus, type VoucherStatus, type WalletVoucher } from '../../../../domain/voucher/status.ts';

const NOW = 1_000;
const voucher: WalletVoucher = { active: true, withdrawn: false, startsAt: null, endsAt: null, quantity: null, redeemed: 0, balance: null };

test.each<[Partial<WalletVoucher>, VoucherStatus]>([
  [{}, 'ACTIVE'],
  [{ startsAt: NOW, endsAt: NOW + 1, quantity: 2, redeemed: 1, balance: 1 }, 'ACTIVE'],
  [{ active: false, endsAt: NOW }, 'DISABLED'],
  [{ withdrawn: true }, 'DISABLED'],
  [{ endsAt: NOW, quantity: 1, redeemed: 1 }, 'EXPIRED'],
  [{ quantity: 1, redeemed: 1, balance: 0 }, 'USED'],
  [{ balance: 0, startsAt: NOW + 1 }, 'NO_BALANCE'],
  [{ startsAt: NOW + 1 }, 'NOT_ACTIVE_YET'],
])('a voucher with %j is %s', (more, status) => {
  expect(walletStatus({ ...voucher, ...more }, NOW)).toBe(status);
});
