Feature: Signing in with Authing, hop by hop
  The recorded sign-in. Redirects are followed by hand, and every answer on the way is
  judged by the contract besides.

  Rule: the recorded way leads from the authorization request to the code

    @authorize.interaction
    Scenario: Who is not signed in is led to an interaction
      When I ask for a code
      Then authorize leads to "/interaction/oidc/{uid:21}{rest}"

    @authorize.query-repeated
    Scenario: The whole query goes along, in its order
      When I ask for a code
      Then authorize leads to "/interaction/oidc/{uid:21}?{query}"

    @interaction.login-page
    Scenario: The interaction leads to the sign-in page
      When I ask for a code
      And I follow the redirect
      Then authorize leads to "/interaction/oidc/{uid:21}{rest}"
      And interaction leads to "/login?app_id={client_id}&uuid={uid}&finish_login_url=/interaction/oidc/{uid}/login&tenant_id="

    @loginPage.form
    Scenario: A person can sign in on the page without JavaScript
      When I ask for a code
      And I go to the sign-in page
      Then the page has a form for name and password

    @finishLogin.resumes
    Scenario: The login token leads to the resumption, by an absolute address
      When I ask for a code
      And I sign in
      Then authorize leads to "/interaction/oidc/{uid:21}{rest}"
      And finishLogin leads to "{origin}/oidc/auth/{uid}"

    @resume.callback
    Scenario: The resumption leads to the application, the code first and the state untouched
      When I ask for a code
      And I sign in
      Then resume leads to "{redirect_uri}?code={code:43}&state={state}"

  Rule: nobody gets a code without signing in

    @logIn.password
    Scenario: A wrong password opens nothing, the right one does
      When I ask for a code
      And I sign in with a wrong password
      Then I am not signed in
      When I ask for a code
      And I sign in
      Then I am back with a code

    @finishLogin.token-checked
    Scenario: A forged login token ends nothing, a true one does
      When I ask for a code
      And I send a forged result of the sign-in
      Then I am not signed in
      When I ask for a code
      And I sign in
      Then I am back with a code

  Rule: the login token says who signed in where

    @logIn.token-claims
    Scenario: It holds the person, the application and the user pool
      Given I have a code
      Then the login token names me, my client and the user pool

  Rule: the login token is older than the sign-in that it ends

    @logIn.updated-at @alone
    Scenario: It shows the updated_at from before
      Given I have a code
      And 2 seconds have passed
      Given my browser is fresh
      And I have tokens
      Then the login token shows an updated_at from before
