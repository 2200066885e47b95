"""The public view: reports that everybody may read. What leads to a person is masked."""
