-- An action is deleted when no letter tells of it any more.
create index letters_of_action on letters (action) where action is not null;
