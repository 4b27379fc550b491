-- 0002_open_sets: platforms are an open set; a rule may name a CRM user; a deal may be read back.
alter table ad_connection drop constraint ad_connection_platform_check;
alter table ad_account drop constraint ad_account_platform_check;
alter table utm_rule drop constraint utm_rule_kind_check;
alter table utm_rule add check (kind in ('exact', 'alias', 'prefix', 'suffix', 'campaign', 'ad', 'responsible'));
alter table deal_event drop constraint deal_event_action_check;
alter table deal_event add check (action in ('add', 'update', 'status', 'responsible', 'delete', 'restore', 'read'));
