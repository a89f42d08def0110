-- Orders are written for every redemption, and each looked its project up, which is never deleted: like the ledger, they go without.
alter table shop_order drop constraint shop_order_project_id_fkey;
