"""The tools of somebody who deploys Understudy: some of the folder, and a Lambda of their own."""
