"""Do the image-domain scanner and the local background hold when the image comes from X-ray projections?"""
