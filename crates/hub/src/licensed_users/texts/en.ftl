# The page of people who have signed in.
users-tab = Users
users-sub = { $n ->
    [one] { $n } user has signed in here.
   *[other] { $n } users have signed in here.
  }
users-download = Download User List
    .label = Download User List, Export CSV
users-by-day = Sign-ins by day
users-sign-ins = { $n ->
    [one] { $n } sign-in
   *[other] { $n } sign-ins
  }
users-chart = Bars for each of the last { $days } days: { $n ->
    [one] { $n } sign-in
   *[other] { $n } sign-ins
  }
users-as-table = As a table
users-day = Day
users-count = Sign-ins
users-all = All users ({ $n })
users-none = Nobody has signed in yet, apart from you.
users-entity = User Entity
users-name = Display name
users-email = Email
users-last = Last sign-in
users-pages = Pages
users-previous = Previous Page
users-next = Next Page
