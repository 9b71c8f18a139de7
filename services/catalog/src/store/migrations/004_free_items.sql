-- What is given away has a price, too: nothing.
alter table menu_items drop constraint menu_items_price_amount_check;
alter table menu_items add check (price_amount >= 0);
