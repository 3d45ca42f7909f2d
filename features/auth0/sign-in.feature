Feature: Signing in with Auth0, hop by hop
  The recorded steps, and between them those that the recording leaves out. Redirects are
  followed by hand, and every answer on the way is judged by the contract besides.

  Rule: the way leads from the authorization request to the code

    @authorize.login
    Scenario: Who is not signed in is led to the sign-in page
      When I ask for a code
      Then authorize leads to "{here}/login?state={transaction}&client={client_id}&protocol=oauth2&{query without client_id and state}"

    @authorize.transaction
    Scenario: The state of the page names a transaction
      When I ask for a code
      Then the state of the sign-in page is a map of h, n, tid and cid

    @loginPage.form
    Scenario: The page asks for name and password
      When I ask for a code
      And I go to the sign-in page
      Then the page has a form for name and password

    @logIn.bare-form
    Scenario: The recorded sign-in of nineteen members is answered with a bare form
      When I ask for a code
      And I sign in
      Then the answer of logIn begins with a form of wa, wresult and wctx

    @loginCallback.resumes
    Scenario: The form leads to the resumption, whose state is the tid
      When I ask for a code
      And I sign in
      Then loginCallback leads to "{here}/authorize/resume?state={tid:32}"

    @resume.callback
    Scenario: The resumption leads to the application, the code first and the state untouched
      When I ask for a code
      And I sign in
      Then resume leads to "{redirect_uri}?code={code:45}&state={state}"

  Rule: nobody gets a code without signing in

    @logIn.password
    Scenario: A wrong password opens nothing and is told as the page reads it, the right one does
      When I ask for a code
      And I sign in with a wrong password
      Then I am not signed in
      And I am told name, code, description and statusCode
      When I ask for a code
      And I sign in
      Then I am back with a code

    @loginCallback.result-checked
    Scenario: A forged result ends nothing, a true one does
      When I ask for a code
      And I send a forged result of the sign-in
      Then I am not signed in
      When I ask for a code
      And I sign in
      Then I am back with a code
